#!/usr/bin/env python3
"""Runs the same patterns on several contenders, in turns, and prints the medians, and how many times the first one's
each of the others takes.

Usage: compare.py MODEL PROGRAM [PYTHON]     MODEL: asyncio, gevent or sqlite; PROGRAM: crossfade_MODEL_bench;
                                             PYTHON: one that has uvloop, gevent, or aiosqlite and gevent

asyncio and gevent: one of our faces, and what it speaks like. sqlite: SQLite's own interface, which is the limit, both
drivers, and Python's.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile

REPETITIONS = 5


def contenders(model, program, python, folder):
    """The commands by name, the one that the others are compared with first."""
    patterns = [python, "-B", str(pathlib.Path(__file__).with_name(model) / "patterns.py")]
    if model == "gevent":
        return {"fiber_backend": [program], "gevent": patterns}
    if model == "sqlite":
        database = str(pathlib.Path(folder) / "items.db")
        subprocess.run([program, "fill", database], check=True)
        commands = {"raw": [program, "raw"], "fiber driver": [program, "fiber"], "coro driver": [program, "coro"]}
        commands |= {who: [*patterns, who] for who in ("sqlite3", "gevent", "aiosqlite")}
        return {who: [*command, database] for who, command in commands.items()}
    return {"coro_backend": [program], "Asio": [program, "asio"], "asyncio": patterns, "uvloop": [*patterns, "uvloop"]}


def times(command, into):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        name, ns = line.split("\t")
        into.setdefault(name, []).append(float(ns))


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("asyncio", "gevent", "sqlite"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        commands = contenders(*sys.argv[1:3], sys.argv[3] if len(sys.argv) > 3 else "/usr/bin/python3", folder)
        found = {who: {} for who in commands}
        for _ in range(REPETITIONS):
            for who, command in commands.items():
                times(command, found[who])
    first, *others = commands
    print("%-30s %14s" % ("ns per operation", first) + "".join(" %22s" % who for who in others))
    for name in dict.fromkeys(name for who in commands for name in found[who]):
        base = statistics.median(found[first].get(name, [float("nan")]))
        row = "%-30s %14.0f" % (name, base) if name in found[first] else "%-30s %14s" % (name, "-")
        for who in others:
            if name in found[who]:
                other = statistics.median(found[who][name])
                row += " %22s" % ("%.0f (%.2fx)" % (other, other / base) if name in found[first] else "%.0f" % other)
            else:
                row += " %22s" % "-"
        print(row)


if __name__ == "__main__":
    main()
