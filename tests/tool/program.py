"""Runs the command-line tool in a folder of the test's own."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

# As people write it: two styles, and members that the tool knows nothing of.
DOCUMENT = """{
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "comment": "caf\\u00e9",
  "metadata": { "service": "shop" },
  "flags": {
    "prices": {
      "state": "ENABLED",
      "variants": { "fiber": "fiber", "coro": "coro" },
      "defaultVariant": "fiber",
      "metadata": { "owner": "desk", "remove_after": "1.0" }
    },
    "database": {"variants": {"fiber": "fiber", "coro": "coro"}, "state": "ENABLED", "x": [1,2 ]},
    "limit": { "state": "DISABLED", "variants": { "low": 10, "high": 2.5 }, "defaultVariant": "low" }
  }
}
"""

RULE_BY_HAND = '"x": [1,2 ], "targeting": {"if": [true, "coro", "fiber"]}'


class ProgramTest(unittest.TestCase):
    PROGRAM = ""  # set by the main program

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="crossfade-tool-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "flags.json"
        self.file.write_text(DOCUMENT)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CROSSFADE_FLAGS")}

    def run_tool(self, *arguments, stdin=""):
        return subprocess.run(
            [self.PROGRAM, *arguments], cwd=self.folder, env=self.environment, input=stdin,
            capture_output=True, text=True, timeout=120, check=False,
        )

    def flags(self, *arguments, status=0, stdin=""):
        """What `crossfade flags ...` prints; its exit status must be this."""
        done = self.run_tool("flags", *arguments, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def json(self, *arguments, status=0):
        return json.loads(self.flags(*arguments, "--json", status=status))

    def complaint(self, *arguments, status=1):
        """What it prints on standard error when it refuses."""
        done = self.run_tool("flags", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def edit(self, old, new):
        """Changes the file as an editor does."""
        self.assertEqual(self.file.read_text().count(old), 1, old)
        self.file.write_text(self.file.read_text().replace(old, new))

    def audit(self):
        lines = (self.folder / "flags.json.audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]
