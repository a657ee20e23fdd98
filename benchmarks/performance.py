#!/usr/bin/env python3
"""Makes the page about performance of what `./run bench` has written.

Usage: performance.py BENCH_JSON > docs/performance.md
"""

import collections
import dataclasses
import json
import math
import re
import sys

HEAD = """\
# Performance

What the backends take beside the least that is possible, beside what else there is in C++, and beside Python's gevent
and asyncio. A script has written this page from one run of the benchmarks, and nobody has edited it:

```sh
./run bench
python3 benchmarks/performance.py build/release/bench.json > docs/performance.md
```
"""

METHOD = """\
Figures are nanoseconds of the thread's CPU time per operation: medians of {repetitions} repetitions. Those of all rows
are made in random order, so that what else the machine does befalls every row alike; Python's rows and the growth have
fewer. What one operation is, the comment on top of each question's file in `benchmarks/` says; it is the same for every
row.

- *x limit*: times the least that the same pattern takes with the same kind of stack, a scheduler of a few lines.
- *x best peer*: times the fastest other way in C++.
- gevent, asyncio and uvloop run in a process of their own, measured in the same way; they are no peers.
"""

GROWTH = """\
What an operation takes among so many tasks. *x growth* is from the smallest number to the largest. The processor's
caches have their part in that; what the limit shows of it, *x limit's* leaves out. O(log n) is up to {log_growth:.0f}
of that.
"""

MEMORY_GROWTH = """\
Bytes a task, by the number of tasks. Memory is taken in pages, and in advance for many tasks or once for all: the small
numbers say what a program pays that has few.
"""

# Of memory, as memory.hpp names them.
COUNTERS = ("tasks", "resident", "frame", "tables", "at_most")


@dataclasses.dataclass
class Row:
    name: str
    part: str = ""
    stack: str = ""
    median: float = math.nan
    least: float = math.nan
    most: float = math.nan
    counters: dict = dataclasses.field(default_factory=dict)
    error: str = ""

    @property
    def question(self):
        return self.name.rpartition("/")[0]

    @property
    def who(self):
        return self.name.rpartition("/")[2]


def read(found):
    """The rows by name, in the order in which they are registered."""
    rows = {}
    for run in sorted(found["benchmarks"], key=lambda run: run["family_index"]):
        name = re.split(r"/(?:iterations|repeats):|/manual_time", run["run_name"])[0]
        row = rows.setdefault(name, Row(name))
        row.part, _, row.stack = run.get("label", "").partition(" ")
        if run.get("error_occurred"):
            row.error = run["error_message"]
        elif run["run_type"] == "iteration":
            row.median = row.least = row.most = run["real_time"]
            row.counters = {counter: run[counter] for counter in COUNTERS if counter in run}
        elif run["aggregate_name"] == "median":
            row.median = run["real_time"]
        elif run["aggregate_name"] == "min":
            row.least = run["real_time"]
        elif run["aggregate_name"] == "max":
            row.most = run["real_time"]
    return rows


def number(value):
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def table(head, lines):
    """The first columns, whose heads are words, to the left; figures to the right."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join("---" if name in ("", "question", "row", "against", "is") else "---:" for name in head) + "|"
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def best(rows, suits):
    return min((row.median for row in rows if not row.error and suits(row)), default=math.nan)


def limit_of(row, rows):
    return best(rows, lambda other: other.part == "limit" and other.stack in (row.stack, "either"))


def best_peer(rows):
    return best(rows, lambda other: other.part == "peer")


def questions_table(questions):
    lines = []
    for question, rows in questions.items():
        for row in rows:
            if not row.error:
                ratios = (row.median / limit_of(row, rows), row.median / best_peer(rows))
                figures = (row.median, row.least, row.most, *ratios)
                lines.append((question, f"`{row.who}`", *map(number, figures)))
                question = ""
    return table(("question", "row", "ns", "min", "max", "x limit", "x best peer"), lines)


def glance_table(questions):
    """What a backend takes, and how many times as much the others."""
    lines = []
    python = ("gevent", "asyncio", "uvloop")
    for question, rows in questions.items():
        good = {row.who: row for row in rows if not row.error}
        for ours, replaced in (("crossfade_fiber", python[:1]), ("crossfade_coro", python[1:])):
            if ours not in good:
                continue
            row = good[ours]
            others = [good[who].median / row.median if who in good and who in replaced else math.nan for who in python]
            figures = (row.median, row.median / limit_of(row, rows), row.median / best_peer(rows), *others)
            lines.append((question, f"`{ours}`", *map(number, figures)))
            question = ""
    return table(("question", "row", "ns", "x limit", "x best peer", *python), lines)


def marks(rows, all_marks):
    lines = []
    for mark in all_marks:
        row, limit = rows.get(mark["measured"]), rows.get(mark["limit"])
        if row is None or row.error or (mark["limit"] and (limit is None or limit.error)):
            continue
        at_most = mark["times"] * (limit.median if limit else 0) + mark["plus"]
        against = f"`{limit.name}`" if limit else ""
        met = "met" if row.median <= at_most else "**not met**"
        lines.append((mark["text"], against, number(row.median), number(at_most), met))
    met = sum(line[-1] == "met" for line in lines)
    return f"{met} of {len(lines)} are met.", table(("", "against", "ns", "at most", "is"), lines)


def sizes_of(rows):
    return sorted({int(row.question.rpartition("/")[2]) for row in rows})


def by_size(rows, value):
    """For each kind of row what it has at each size."""
    found = collections.defaultdict(dict)
    for row in rows:
        what, _, size = row.question.rpartition("/")
        found[what, row.who, row.part, row.stack][int(size)] = math.nan if row.error else value(row)
    return found


def growth_table(rows):
    sizes = sizes_of(rows)
    found = by_size(rows, lambda row: row.median)
    growth = {kind: of.get(sizes[-1], math.nan) / of.get(sizes[0], math.nan) for kind, of in found.items()}
    lines = []
    for kind, of in found.items():
        what, who, part, stack = kind
        limits = [x for (w, _, p, s), x in growth.items() if (w, p) == (what, "limit") and s in (stack, "either")]
        beside = growth[kind] / limits[0] if limits and part != "limit" else math.nan
        figures = [of.get(size, math.nan) for size in sizes] + [growth[kind], beside]
        lines.append((f"{what.partition('/')[2]}, `{who}`", *map(number, figures)))
    return table(("", *(f"{size:,}" for size in sizes), "x growth", "x limit's"), lines)


def memory_table(rows):
    lines = []
    for row in rows:
        if row.error:
            continue
        c = row.counters
        met = ""
        at_most = c.get("at_most", math.nan) + c["frame"]
        if math.isfinite(at_most):
            met = "met" if c["resident"] <= at_most else "**not met**"
        figures = (c["resident"], c["frame"] or math.nan, c["tables"], at_most)
        lines.append((f"`{row.who}`", f"{c['tasks']:,.0f}", number(row.median), *map(number, figures), met))
    return table(("", "tasks", "ns a task", "B a task", "its frame", "+ page tables", "at most", "is"), lines)


def memory_growth_table(rows):
    sizes = sizes_of(rows)
    found = by_size(rows, lambda row: row.counters["resident"])
    lines = [(f"`{who}`", *(number(of.get(size, math.nan)) for size in sizes)) for (_, who, *_), of in found.items()]
    return table(("", *(f"{size:,}" for size in sizes)), lines)


def machine(context):
    boost = context["boost"].replace("_", ".")
    kernel = context["kernel"].partition("-")[0]
    yield f"- {context['cpu']}, {context['cpus']} processors; {kernel}"
    yield f"- {context['compiler']}, {context['build']} build, Boost {boost}"
    python = {"gevent": "gevent {}", "asyncio": "asyncio of Python {}", "uvloop": "uvloop {}"}
    there = [text.format(context[name]) for name, text in python.items() if name in context]
    yield "- " + (", ".join(there) or "without Python")
    yield f"- {context['date'][:10]}"


def page(found):
    rows = read(found)
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    growth, parked, parked_growth = [], [], []
    for row in rows.values():
        if row.name.startswith("growth/"):
            growth.append(row)
        elif row.name.startswith("memory/growth/"):
            parked_growth.append(row)
        elif row.name.startswith("memory/"):
            parked.append(row)
        else:
            groups[row.question.partition("/")[0]][row.question].append(row)
    all_questions = {question: of for group in groups.values() for question, of in group.items()}
    repetitions = max((run.get("repetitions", 1) for run in found["benchmarks"]), default=1)

    yield HEAD
    yield from machine(found["context"])
    yield ""
    yield METHOD.format(repetitions=repetitions)
    yield "## At a glance\n"
    yield "In the last three columns stands how many times as long as ours Python's take.\n"
    yield from glance_table(all_questions)
    yield "\n## Marks\n"
    yield "What is meant to hold. A mark is judged by the medians of this one run.\n"
    sentence, lines = marks(rows, json.loads(found["context"]["marks"]))
    yield sentence + "\n"
    yield from lines
    for name, questions in groups.items():
        yield f"\n## {name.replace('_', ' ').capitalize()}\n"
        yield from questions_table(questions)
    if growth:
        yield "\n## Growth\n"
        sizes = sizes_of(growth)
        yield GROWTH.format(log_growth=math.log(sizes[-1]) / math.log(sizes[0]))
        yield from growth_table(growth)
    if parked or parked_growth:
        yield "\n## Memory of tasks that wait\n"
    if parked:
        yield from memory_table(parked)
    if parked_growth:
        yield "\n" + MEMORY_GROWTH
        yield from memory_growth_table(parked_growth)
    if failed := [row for row in rows.values() if row.error]:
        yield "\n## Failed\n"
        yield from (f"- `{row.name}`: {row.error}" for row in failed)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        print("\n".join(page(json.load(file))))


if __name__ == "__main__":
    main()
