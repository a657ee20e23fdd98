#!/usr/bin/env python3
"""Runs the same patterns on one of our faces and on what it speaks like, in turns, and prints the medians, and how many
times ours each of the others takes.

Usage: compare.py MODEL PROGRAM [PYTHON]     MODEL: asyncio or gevent; PROGRAM: crossfade_MODEL_bench;
                                             PYTHON: one that has uvloop, or gevent
"""

import pathlib
import statistics
import subprocess
import sys

REPETITIONS = 5


def contenders(model, program, python):
    """The commands by name, ours first."""
    patterns = [python, "-B", str(pathlib.Path(__file__).with_name(model) / "patterns.py")]
    if model == "gevent":
        return {"fiber_backend": [program], "gevent": patterns}
    return {"coro_backend": [program], "Asio": [program, "asio"], "asyncio": patterns, "uvloop": [*patterns, "uvloop"]}


def times(command, into):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        name, ns = line.split("\t")
        into.setdefault(name, []).append(float(ns))


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("asyncio", "gevent"):
        sys.exit(__doc__)
    commands = contenders(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else "/usr/bin/python3")
    found = {who: {} for who in commands}
    for _ in range(REPETITIONS):
        for who, command in commands.items():
            times(command, found[who])
    ours, *others = commands
    print("%-28s %14s" % ("ns per operation", ours) + "".join(" %20s" % who for who in others))
    for name, ns in found[ours].items():
        mine = statistics.median(ns)
        row = "%-28s %14.0f" % (name, mine)
        for who in others:
            if name in found[who]:
                other = statistics.median(found[who][name])
                row += " %20s" % ("%.0f (%.1fx)" % (other, other / mine))
            else:
                row += " %20s" % "-"
        print(row)


if __name__ == "__main__":
    main()
