"""Plants documents, of which docs.py must see those whose code is not what a test compiles."""

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


if __name__ == "__main__":
    unittest.main()
