#!/usr/bin/env python3
"""Shows what a step of the port changes in the program.

Usage: step.py            all steps, and how many lines each adds and removes
       step.py 04_gate    the diff of one; any beginning of its name will do
"""

import difflib
import sys
from pathlib import Path

HERE = Path(__file__).parent


def steps():
    return sorted(folder.name for folder in HERE.glob("[0-9][0-9]_*"))


def program(step):
    """Its files as they are at that step, by name."""
    files = {}
    for earlier in steps():
        if earlier <= step:
            for file in (HERE / earlier).rglob("*.[ch]pp"):
                files[file.relative_to(HERE / earlier).as_posix()] = file.read_text().splitlines()
    return files


def diff(step):
    before = max((s for s in steps() if s < step), default=None)
    old, new = (program(before) if before else {}), program(step)
    lines = []
    for name in sorted(new):
        lines += difflib.unified_diff(old.get(name, []), new[name], name, name, lineterm="")
    return lines


def changed(step):
    """How many lines it adds, and how many it removes."""
    lines = [line for line in diff(step) if not line.startswith(("+++", "---"))]
    return tuple(sum(line.startswith(sign) for line in lines) for sign in "+-")


def main():
    if len(sys.argv) == 1:
        for step in steps():
            print("{:16} +{} -{}".format(step, *changed(step)))
        return
    for step in steps():
        if step.startswith(sys.argv[1]):
            print("\n".join(diff(step)))


if __name__ == "__main__":
    main()
