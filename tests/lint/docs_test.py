"""Plants documents, of which docs.py must see those that say what is not so."""

import tempfile
import unittest
from pathlib import Path

from docs import violations

SOURCE = "int f() {\n  // region body\n  int x = 1;\n    return x;\n  // endregion\n}\n"
CODE = "int x = 1;\n  return x;\n"


class DocsTest(unittest.TestCase):
    def found(self, above, code):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.cpp").write_text(SOURCE)
            Path(folder, "README.md").write_text(f"Text.\n\n{above}```cpp\n{code}```\n")
            return list(violations(Path(folder)))

    def test_the_same_code(self):
        self.assertEqual(self.found("<!-- from a.cpp region body -->\n", CODE), [])

    def test_other_code(self):
        self.assertEqual(
            self.found("<!-- from a.cpp region body -->\n", CODE + "\n"),
            ["README.md:3: the block differs from region body of a.cpp"],
        )

    def test_code_from_nowhere(self):
        self.assertIn("names no region", self.found("", CODE)[0])
        self.assertIn("is not there", self.found("<!-- from b.cpp region body -->\n", CODE)[0])
        self.assertIn("has no region", self.found("<!-- from a.cpp region bod -->\n", CODE)[0])

    def test_a_test_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "tests").mkdir()
            Path(folder, "tests", "a_test.cpp").write_text("TEST_P(ATest, Holds) {\n}\n")
            Path(folder, "README.md").write_text("By `ATest.Holds`,\nnot by `ATest.Breaks`.\n")
            self.assertEqual(
                list(violations(Path(folder))), ["README.md:2: there is no test ATest.Breaks"]
            )


if __name__ == "__main__":
    unittest.main()
