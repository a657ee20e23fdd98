#!/usr/bin/env python3
"""Checks who includes whom: the arrows between our parts, and which part may name which library.

Usage: includes.py ROOT     prints each as file:line: what is wrong; exits 1 if there is one
"""

import re
import sys
from pathlib import Path

EVERYTHING = None

# The library's parts, most specific first, and which of them each may include besides itself.
ARROWS = {
    # A driver lies with the backend it is named for, and belongs to the component that compiles it.
    "coro_backend/sqlite_driver.": {"compat/", "compat/sqlite/"},
    "fiber_backend/sqlite_driver.": {"compat/", "compat/sqlite/"},
    "compat/sqlite/": {"compat/"},
    "compat/http/": {"compat/"},
    "flags/statistics/": set(),
    "flags/guardrails/": {"flags/", "flags/statistics/"},
    "flags/": set(),
    "compat/": set(),
    "fiber_backend/": {"compat/"},
    "coro_backend/": {"compat/"},
    "test_kit/": {"compat/", "fiber_backend/", "coro_backend/"},
    "benchmarks/ab/": {"compat/", "fiber_backend/", "coro_backend/", "flags/statistics/"},
    "benchmarks/workloads/": EVERYTHING,
    "tool/": {
        "flags/", "flags/statistics/", "benchmarks/ab/", "benchmarks/workloads/",
        "compat/", "compat/http/", "coro_backend/",
    },
}

# Libraries that a part pulls in for its purpose; nobody else's users should have to install them.
HOMES = {
    "boost/context/": {"fiber_backend/"},
    "boost/fiber/": {"fiber_backend/"},
    "boost/beast": {"compat/http/"},
    "boost/math/": {"flags/statistics/"},
    "boost/pfr/": {"compat/sqlite/"},
    "boost/url": {"compat/http/"},
    "openssl/": {"compat/http/"},
    "sqlite3.h": {"compat/sqlite/", "coro_backend/sqlite_driver.", "fiber_backend/sqlite_driver."},
    "nlohmann/": {"flags/", "benchmarks/ab/", "tool/"},
    "CLI/": {"benchmarks/ab/", "tool/"},
    "gtest/": {"test_kit/"},
    "gmock/": {"test_kit/"},
}

# The public headers that may reach a Boost header.
BOOST_IS_THEIR_PURPOSE = {"compat/use_op.hpp"}
# Small, and needs no other Boost header.
LIGHT_BOOST = "boost/pfr/"

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def part_of(path):
    """The part that holds this path, or None: what sees everything, as tests and examples do."""
    return next((part for part in ARROWS if path.startswith(part)), None)


def includes_of(file):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1] == '"', match[2]


def check(root, part, quoted, target):
    """Why this include is wrong, or None."""
    if ARROWS[part] is EVERYTHING:
        return None
    theirs = part_of(target)
    if quoted and not (root / target).is_file():
        return "no such file; ours are named by their path from the root, others in <>"
    if quoted and theirs is None:
        return f"{part} is the library and may not include it"
    if theirs and theirs != part and theirs not in ARROWS[part]:
        return f"{part} may include {', '.join(sorted(ARROWS[part])) or 'no other part'}"
    for prefix, homes in HOMES.items():
        if target.startswith(prefix) and part not in homes:
            return f"only {', '.join(sorted(homes))} may"
    return None


def boost_reached(root, header, seen):
    """The first Boost header that this one includes, itself or through ours, as a list of steps."""
    for _, quoted, target in includes_of(root / header):
        if target.startswith("boost/") and not target.startswith(LIGHT_BOOST):
            return [header, target]
        if quoted and target not in seen and (root / target).is_file():
            seen.add(target)
            if steps := boost_reached(root, target, seen):
                return [header, *steps]
    return None


def violations(root):
    folders = {root / part for part in ARROWS if part.endswith("/")}
    for file in sorted({file for folder in folders for file in folder.rglob("*.[ch]pp")}):
        path = file.relative_to(root).as_posix()
        part = part_of(path)
        for number, quoted, target in includes_of(file):
            if why := check(root, part, quoted, target):
                yield f"{path}:{number}: includes {target}: {why}"
        is_public = file.suffix == ".hpp" and "/detail/" not in path
        if is_public and path not in BOOST_IS_THEIR_PURPOSE:
            if steps := boost_reached(root, path, set()):
                yield f"{path}:1: reaches Boost, which is not its purpose: {' -> '.join(steps)}"


def main():
    found = list(violations(Path(sys.argv[1])))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
