"""The steps of the port are small, and each removes what it says: see examples/fiber_port/step.py."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "fiber_port"))

import step  # noqa: E402

MOST_CHANGED_LINES = 40


def text(name):
    return "\n".join(line for file in step.program(name).values() for line in file)


class StepsTest(unittest.TestCase):
    def test_each_is_a_commit_sized_diff(self):
        for name in step.steps()[1:]:
            with self.subTest(name):
                self.assertTrue(1 <= sum(step.changed(name)) <= MOST_CHANGED_LINES, step.changed(name))

    def test_each_holds_only_the_files_it_changes(self):
        for before, name in zip(step.steps(), step.steps()[1:]):
            for file in (step.HERE / name).rglob("*.[ch]pp"):
                unit = file.relative_to(step.HERE / name).as_posix()
                self.assertNotEqual(step.program(before)[unit], step.program(name)[unit], f"{name}/{unit}")

    def test_boost_fiber_goes_before_coroutine_text_comes(self):
        kinds = []
        for name in step.steps():
            foreign, coroutines = "boost/fiber" in text(name), "task<int>" in text(name)
            kinds.append((foreign, coroutines))
        self.assertEqual(kinds, sorted(kinds, key=lambda kind: (not kind[0], kind[1])))
        self.assertNotIn((True, True), kinds)

    def test_no_blocking_text_is_left_in_the_end(self):
        self.assertIn("xf::await(", text(step.steps()[-3]))
        self.assertNotIn("xf::await(", text(step.steps()[-1]))
        self.assertNotIn("portal", text(step.steps()[-1]))


if __name__ == "__main__":
    unittest.main()
