"""Plants paths, of which paths.py must see those of a machine and no others."""

import tempfile
import unittest
from pathlib import Path

from paths import violations


class PathsTest(unittest.TestCase):
    def found(self, text, path="docs/page.md"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, ".gitignore").write_text("/build/\n__pycache__/\n")
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("latin-1"))
            return list(violations(Path(folder)))

    def test_paths_of_a_machine(self):
        for top in ("home", "root", "tmp", "work", "Users"):
            for before in ("", '"', "-I", "file://", "x=", "\xff"):
                with self.subTest(before + top):
                    found = self.found(f"line\n{before}/{top}/x.hpp")
                    self.assertEqual(found, [f"docs/page.md:2: /{top}/x.hpp"])

    def test_paths_of_any_machine(self):
        for text in ("/usr/include", "/api/1/tasks", "./tmp/x", "a/tmp/x", "https://a.io/home/x"):
            with self.subTest(text):
                self.assertEqual(self.found(text), [])

    def test_what_git_ignores_is_not_looked_at(self):
        path = "/".join(["", "home", "x"])
        for ignored in ("build/dev/build.ninja", "tests/__pycache__/paths.pyc"):
            with self.subTest(ignored):
                self.assertEqual(self.found(path, ignored), [])


if __name__ == "__main__":
    unittest.main()
