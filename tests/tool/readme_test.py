"""Runs the session in the tool's README, and compares what it prints; `...` there stands for anything on its line, and
alone for any lines.

Usage: readme_test.py PROGRAM
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = ""


def session():
    """Each command, and the lines it prints."""
    readme = (ROOT / "tool" / "README.md").read_text()
    for block in re.findall(r"```console\n(.*?)```\n", readme, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def as_pattern(output):
    return "".join("(?:.*\n)*" if line == "...\n" else ".*".join(re.escape(part) for part in line.split("..."))
                   for line in output.splitlines(keepends=True))


def has_ab():
    return subprocess.run([PROGRAM, "ab", "--list"], capture_output=True, check=False).returncode == 0


class ReadmeTest(unittest.TestCase):
    def test_session_prints_what_it_says(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CROSSFADE_FLAGS")}
        with tempfile.TemporaryDirectory(prefix="crossfade-readme-") as folder:
            flags = pathlib.Path(folder, "examples", "portfolio", "flags.json")
            flags.parent.mkdir(parents=True)
            shutil.copy(ROOT / "examples" / "portfolio" / "flags.json", flags)
            commands = 0
            for command, output in session():
                commands += 1
                if command.startswith("export "):
                    name, _, value = command.removeprefix("export ").partition("=")
                    environment[name] = value
                    continue
                if command.startswith("./run crossfade ab") and not has_ab():
                    continue
                if command.startswith("git diff"):
                    shipped = ROOT / "examples" / "portfolio" / "flags.json"
                    self.assertEqual(flags.read_bytes(), shipped.read_bytes())
                    continue
                done = subprocess.run(
                    ["bash", "-c", command.replace("./run crossfade", PROGRAM)], cwd=folder, env=environment,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
                )
                self.assertRegex(done.stdout, re.compile("^" + as_pattern(output) + "$"), command)
            self.assertGreater(commands, 15)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
