#!/usr/bin/env python3
"""Runs the same patterns on fiber_backend and on Python's gevent, in turns, and prints the medians.

Usage: compare.py PROGRAM [PYTHON]     PROGRAM: crossfade_gevent_bench; PYTHON: one that has gevent
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
    patterns = str(pathlib.Path(__file__).with_name("patterns.py"))
    ours, theirs = {}, {}
    for _ in range(REPETITIONS):
        times([program], ours)
        times([python, "-B", patterns], theirs)
    print("%-28s %16s %16s %8s" % ("ns per operation", "fiber_backend", "Python's gevent", "ratio"))
    for name, ns in ours.items():
        mine, other = statistics.median(ns), statistics.median(theirs[name])
        print("%-28s %16.0f %16.0f %7.1fx" % (name, mine, other, other / mine))


if __name__ == "__main__":
    main()
