#!/usr/bin/env python3
"""Runs the same patterns on coro_backend, Asio's coroutines, and Python's asyncio without and with uvloop, in turns, and
prints the medians, and how many times ours each of the others takes.

Usage: compare.py PROGRAM [PYTHON]     PROGRAM: crossfade_asyncio_bench; PYTHON: one that has uvloop
"""

import pathlib
import statistics
import subprocess
import sys

REPETITIONS = 5


def times(command, into):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        name, ns = line.split("\t")
        into.setdefault(name, []).append(float(ns))


def main():
    program = sys.argv[1]
    python = sys.argv[2] if len(sys.argv) > 2 else "/usr/bin/python3"
    patterns = [python, "-B", str(pathlib.Path(__file__).with_name("patterns.py"))]
    commands = {"coro_backend": [program], "Asio": [program, "asio"], "asyncio": patterns, "uvloop": [*patterns, "uvloop"]}
    found = {who: {} for who in commands}
    for _ in range(REPETITIONS):
        for who, command in commands.items():
            times(command, found[who])
    print("%-24s %14s %20s %20s %20s" % ("ns per operation", *commands))
    for name, ns in found["coro_backend"].items():
        mine = statistics.median(ns)
        row = "%-24s %14.0f" % (name, mine)
        for who in list(commands)[1:]:
            other = found[who].get(name)
            text = "-" if other is None else "%.0f (%.1fx)" % (statistics.median(other), statistics.median(other) / mine)
            row += " %20s" % text
        print(row)


if __name__ == "__main__":
    main()
