"""Makes the page about performance of figures that are known."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "benchmarks" / "performance.py"


def mark(text, measured, times, limit, plus):
    return {"text": text, "measured": measured, "times": times, "limit": limit, "plus": plus}


MARKS = [
    mark("fiber, of limit", "yield/2/crossfade_fiber", 2, "yield/2/limit_fiber", 0),
    mark("fiber, and 9 ns", "yield/2/crossfade_fiber", 1, "yield/2/limit_fiber", 9),
    mark("coro, alone", "yield/2/crossfade_coro", 0, "", 4),
    mark("did not run", "yield/2/absent", 1, "yield/2/limit_fiber", 0),
    mark("nothing to measure by", "yield/2/crossfade_coro", 1, "absent", 0),
]
CONTEXT = {
    "date": "2020-02-29T12:00:00+00:00",
    "host_name": "secret",
    "executable": "secret",
    "cpu": "Abacus 9",
    "cpus": "7",
    "kernel": "Linux 9.9-of-a-host",
    "compiler": "g++ 99.1.2",
    "build": "release",
    "boost": "1_81",
    "asyncio": "3.99.1",
    "marks": json.dumps(MARKS),
}


def repeated(name, label, median, family):
    """What Google Benchmark writes of a row with repetitions."""
    times = {"mean": 77, "median": median, "stddev": 77, "cv": 77, "min": median / 2, "max": median * 2}
    common = {"family_index": family, "run_name": name + "/manual_time", "run_type": "aggregate", "repetitions": 15}
    return [common | {"label": label, "aggregate_name": of, "real_time": time} for of, time in times.items()]


def single(name, time, family, **counters):
    run_name = name + "/iterations:1/repeats:1/manual_time"
    common = {"family_index": family, "run_name": run_name, "run_type": "iteration", "repetitions": 1}
    return [common | {"real_time": time} | counters]


def figures():
    runs = [
        *repeated("yield/2/crossfade_coro", "ours none", 5, 4),  # before what it is listed after
        *repeated("yield/2/limit_fiber", "limit own", 10, 0),
        *repeated("yield/2/limit_coro", "limit none", 4, 1),
        *repeated("yield/2/boost_fiber", "peer own", 60, 2),
        *repeated("yield/2/crossfade_fiber", "ours own", 20, 3),
        *repeated("other/one/crossfade_coro", "ours none", 1234.5, 5),
        *repeated("growth/lock/10/limit_coro", "limit none", 10, 6),
        *repeated("growth/lock/100000/limit_coro", "limit none", 20, 7),
        *repeated("growth/lock/10/crossfade_coro", "ours none", 10, 8),
        *repeated("growth/lock/100000/crossfade_coro", "ours none", 60, 9),
        *single("memory/parked/crossfade_coro", 100, 10, tasks=1000, resident=500, frame=192, tables=2, at_most=320),
        *single("memory/parked/boost_fiber", 100, 11, tasks=1000, resident=9000, frame=0, tables=2),
        *single("memory/growth/10/crossfade_coro", 100, 12, tasks=10, resident=1600, frame=192, tables=2),
        *single("memory/growth/100/crossfade_coro", 100, 13, tasks=100, resident=600, frame=192, tables=2),
        *repeated("yield/2/asyncio", "python none", 500, 14),
    ]
    failed = {"family_index": 15, "run_name": "yield/2/gevent/repeats:3/manual_time", "run_type": "iteration"}
    runs.append(failed | {"label": "python own", "error_occurred": True, "error_message": "it broke", "real_time": 0})
    return {"context": CONTEXT, "benchmarks": runs}


class PerformanceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "bench.json")
            file.write_text(json.dumps(figures()))
            command = [sys.executable, "-B", str(SCRIPT), str(file)]
            cls.page = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        cls.lines = cls.page.splitlines()

    def section(self, title):
        return self.page.split(f"\n## {title}\n")[1].split("\n## ")[0]

    def test_says_where_it_was_measured_but_not_on_whose_machine(self):
        self.assertIn("- Abacus 9, 7 processors; Linux 9.9", self.lines)
        self.assertIn("- g++ 99.1.2, release build, Boost 1.81", self.lines)
        self.assertIn("- asyncio of Python 3.99.1", self.lines)
        self.assertIn("- 2020-02-29", self.lines)
        self.assertIn("medians of 15 repetitions", self.page)
        self.assertNotIn("secret", self.page)

    def test_compares_with_the_limit_of_its_kind_and_the_best_peer(self):
        self.assertEqual(
            self.section("Yield").strip().splitlines()[2:],
            [
                "| yield/2 | `limit_fiber` | 10.00 | 5.00 | 20.00 | 1.00 | 0.17 |",
                "|  | `limit_coro` | 4.00 | 2.00 | 8.00 | 1.00 | 0.07 |",
                "|  | `boost_fiber` | 60.00 | 30.00 | 120.0 | 6.00 | 1.00 |",
                "|  | `crossfade_fiber` | 20.00 | 10.00 | 40.00 | 2.00 | 0.33 |",
                "|  | `crossfade_coro` | 5.00 | 2.50 | 10.00 | 1.25 | 0.08 |",
                "|  | `asyncio` | 500.0 | 250.0 | 1,000 | 125.0 | 8.33 |",
            ],
        )

    def test_has_no_ratio_to_what_is_not_there(self):
        self.assertIn("| other/one | `crossfade_coro` | 1,234 | 617.2 | 2,469 | - | - |", self.section("Other"))

    def test_says_how_many_times_as_long_python_takes(self):
        glance = self.section("At a glance")
        self.assertIn("| yield/2 | `crossfade_fiber` | 20.00 | 2.00 | 0.33 | - | - | - |", glance)
        self.assertIn("|  | `crossfade_coro` | 5.00 | 1.25 | 0.08 | - | 100.0 | - |", glance)

    def test_judges_the_marks_that_were_measured(self):
        marks = self.section("Marks")
        self.assertIn("1 of 3 are met.", marks)
        self.assertIn("| fiber, of limit | `yield/2/limit_fiber` | 20.00 | 20.00 | met |", marks)
        self.assertIn("| fiber, and 9 ns | `yield/2/limit_fiber` | 20.00 | 19.00 | **not met** |", marks)
        self.assertIn("| coro, alone |  | 5.00 | 4.00 | **not met** |", marks)
        self.assertNotIn("did not run", marks)
        self.assertNotIn("nothing to measure by", marks)

    def test_compares_growth_with_the_limit_s(self):
        growth = self.section("Growth")
        self.assertIn("|  | 10 | 100,000 | x growth | x limit's |", growth)
        self.assertIn("| lock, `limit_coro` | 10.00 | 20.00 | 2.00 | - |", growth)
        self.assertIn("| lock, `crossfade_coro` | 10.00 | 60.00 | 6.00 | 3.00 |", growth)
        self.assertIn("O(log n) is up to 5\n", growth)

    def test_says_what_a_task_takes(self):
        memory = self.section("Memory of tasks that wait")
        self.assertIn("| `crossfade_coro` | 1,000 | 100.0 | 500.0 | 192.0 | 2.00 | 512.0 | met |", memory)
        self.assertIn("| `boost_fiber` | 1,000 | 100.0 | 9,000 | - | 2.00 | - |  |", memory)
        self.assertIn("|  | 10 | 100 |", memory)
        self.assertIn("| `crossfade_coro` | 1,600 | 600.0 |", memory)

    def test_names_what_failed(self):
        self.assertIn("- `yield/2/gevent`: it broke", self.section("Failed"))


if __name__ == "__main__":
    unittest.main()
