#!/usr/bin/env python3
"""Finds absolute paths of somebody's machine: what is built here must build anywhere.

Usage: paths.py ROOT     prints each as file:line: path; exits 1 if there is one
"""

import re
import sys
from pathlib import Path

MACHINE_PATH = re.compile(r"(?:(?<![\w.-])|(?<=-[IL]))/(?:home|root|tmp|work|Users)/[\w.-]*")


def violations(root):
    # Each line of our .gitignore is one name.
    skipped = {".git", *(line.strip("/") for line in (root / ".gitignore").read_text().split())}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if file.is_file() and not skipped.intersection(path.parts):
            # Whatever the bytes of a data file: a path in it is ASCII.
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                if match := MACHINE_PATH.search(line):
                    yield f"{path}:{number}: {match[0]}"


def main():
    found = list(violations(Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
