"""`crossfade ab`, from outside: sessions that are as short as they can be, and a service that is made up.

Usage: ab_test.py PROGRAM
"""

import http.server
import json
import os
import sys
import threading
import unittest

from program import ProgramTest

# Counted, not timed: what they say does not depend on how busy the machine is.
SHORT = ("--workload", "spawn_fan_out/small", "--duration", "400ms", "--run", "1ms", "--figure", "allocations", "--quiet")


class AbTest(ProgramTest):
    def ab(self, *arguments, status=0):
        done = self.run_tool("ab", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def refusal(self, *arguments):
        done = self.ab(*arguments, status=2)
        self.assertEqual(done.stdout, "")
        return done.stderr


class UsageTest(AbTest):
    def test_bad_arguments(self):
        for arguments, words in (
            (("--frobnicate",), "--frobnicate"),
            (("--duration", "10"), "a length of time up to a day"),
            (("--run", "soon"), 'is "soon"; expected a length of time'),
            (("--effect", "5"), "expected a percentage above 0, as 5%"),
            (("--effect", "100%"), "--effect: expected less than 100%"),
            (("--confidence", "100%"), "--confidence: expected less than 100%"),
            (("--figure", "latency"), "expected one of time, latency-p50"),
            (("--rate", "-1"), "--rate"),
            (("--closed", "0"), "--closed"),
            (("--rate", "5", "--closed", "5"), "excludes"),
            (("--workload", "nothing"), "no workload is called nothing; expected one of\n"),
            (("--baseline", "none.json"), "none.json: cannot be read"),
            (("--json", "none/out.json"), "none/out.json"),
            (("--json", "out", "--html", "out"), "name the same file"),
            (("--other-machine",), "--baseline"),
            (("--rate", "100", "--figure", "time"), "--figure: is \"time\", which is the load's own"),
        ):
            with self.subTest(arguments):
                self.assertIn(words, self.refusal(*arguments))
        self.assertEqual(os.listdir(self.folder), ["flags.json"])

    def test_help_says_all_of_it(self):
        self.assertIn("ab", self.run_tool("--help").stdout)
        said = self.ab("--help").stdout
        for option in ("--workload", "--rate", "--closed", "--duration", "--effect", "--baseline", "--json", "--html",
                       "Exit status", "--attach"):
            self.assertIn(option, said)
        self.assertIn("--subsystem", self.ab("--attach", "x", "--help").stdout)

    def test_list_names_the_workloads(self):
        names = [line.split()[0] for line in self.ab("--list").stdout.splitlines()]
        self.assertIn("spawn_fan_out/small", names)
        self.assertEqual(len(names), len(set(names)))


class SessionTest(AbTest):
    def session(self, *arguments):
        """Of which side is better nothing is said here, so that either status will do."""
        done = self.run_tool("ab", *SHORT, *arguments)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        return done

    def test_session_says_who_won_and_writes_files(self):
        (self.folder / "out.html").write_text("before")
        done = self.session("--json", "out.json", "--html", "out.html")
        self.assertIn("spawn_fan_out/small", done.stdout)
        self.assertEqual(done.stderr, "")
        found = json.loads((self.folder / "out.json").read_text())
        (workload,) = found["workloads"]
        self.assertEqual(workload["name"], "spawn_fan_out/small")
        self.assertEqual(workload["decided"]["figure"], "allocations")
        worse = workload["decided"]["verdict"]["outcome"] == "worse"
        self.assertEqual(done.returncode, 1 if worse else 0)
        self.assertIn("spawn_fan_out/small", (self.folder / "out.html").read_text())
        self.assertEqual(sorted(os.listdir(self.folder)), ["flags.json", "out.html", "out.json"])

    def test_progress_is_a_line_for_each_workload(self):
        done = self.run_tool("ab", *(word for word in SHORT if word != "--quiet"))
        self.assertEqual(done.stderr, "[1/1] spawn_fan_out/small\n")

    def test_what_became_worse_than_the_baseline(self):
        self.session("--json", "out.json")
        before = json.loads((self.folder / "out.json").read_text())
        for run in before["workloads"][0]["runs"]:
            run["cpu_ns"] //= 10
        (self.folder / "before.json").write_text(json.dumps(before))
        by_cpu = ("cpu" if word == "allocations" else word for word in SHORT)
        done = self.ab(*by_cpu, "--baseline", "before.json", "--json", "now.json", status=1)
        self.assertIn(before["began"], done.stdout)
        notes = json.loads((self.folder / "now.json").read_text())["notes"]
        self.assertEqual([note[: note.index(":")] for note in notes], [
            "spawn_fan_out/small on fiber is worse than before", "spawn_fan_out/small on coro is worse than before"])

    def test_baseline_of_another_machine_is_refused(self):
        self.session("--json", "out.json")
        elsewhere = json.loads((self.folder / "out.json").read_text())
        elsewhere["environment"]["cpu"] = "another one"
        (self.folder / "elsewhere.json").write_text(json.dumps(elsewhere))
        said = self.refusal(*SHORT, "--baseline", "elsewhere.json")
        self.assertIn("elsewhere.json: is of another environment: cpu", said)
        self.assertIn("another one", said)
        self.assertIn("--other-machine", said)
        done = self.session("--baseline", "elsewhere.json", "--other-machine", "--json", "now.json",
                            "--html", "now.html")
        warning = "compared with elsewhere.json of another environment"
        self.assertIn(warning, done.stdout)
        self.assertIn(warning, (self.folder / "now.html").read_text())
        self.assertIn(warning, json.loads((self.folder / "now.json").read_text())["notes"][0])

    def test_baseline_that_is_none(self):
        (self.folder / "none.json").write_text('{"workloads": 1}')
        self.assertIn("none.json: ", self.refusal(*SHORT, "--baseline", "none.json"))


class Service:
    """Says in Prometheus's format how many tasks each side has served; more each time it is asked."""

    def __init__(self, fiber, coro):
        self.each = {"fiber": fiber, "coro": coro}  # a task's seconds; None: it gets none
        self.asked = 0
        self.begins_anew_at = None
        self.failures = 0  # of coro, each time
        self.answer = None  # instead
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = owner.metrics() if owner.answer is None else owner.answer
                found = self.path == "/metrics"
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def metrics(self):
        self.asked += 1
        if self.asked == self.begins_anew_at:
            self.asked, self.begins_anew_at = 1, None
        lines = ["# TYPE crossfade_root_task_seconds histogram"]
        for backend, each in self.each.items():
            tasks = 0 if each is None else 10 * self.asked
            for outcome, count in (("ok", tasks), ("failed", self.failures * self.asked if backend == "coro" else 0)):
                labels = f'subsystem="api",backend="{backend}",outcome="{outcome}"'
                name = "crossfade_root_task_seconds"
                lines += [
                    f'{name}_bucket{{{labels},le="0.5"}} {count}',
                    f'{name}_bucket{{{labels},le="+Inf"}} {count}',
                    f"{name}_sum{{{labels}}} {count * (each or 0)}",
                    f"{name}_count{{{labels}}} {count}",
                ]
        return "\n".join(lines) + "\n"


class AttachTest(AbTest):
    def service(self, fiber, coro):
        service = Service(fiber, coro)
        self.addCleanup(service.close)
        return service

    def attach(self, service, *arguments, status=0):
        done = self.ab("--attach", service.url, "--duration", "60ms", "--interval", "5ms", *arguments, status=status)
        return done.stdout if status in (0, 1) else done.stdout + done.stderr

    def test_status_says_who_is_better(self):
        worse = self.attach(self.service(0.1, 0.2), "--json", "out.json", status=1)
        self.assertIn("api: coro is worse: mean time 2.000 times (2.000 to 2.000), by 12 intervals", worse)
        (found,) = json.loads((self.folder / "out.json").read_text())["subsystems"]
        self.assertEqual((found["subsystem"], found["verdict"], found["intervals"]), ("api", "worse", 12))
        self.assertEqual((found["fiber"]["tasks"], found["coro"]["tasks"]), (120, 120))
        self.assertAlmostEqual(found["coro"]["mean_seconds"], 0.2)
        self.assertIn("api: coro is better", self.attach(self.service(0.2, 0.1)))
        self.assertIn("api: coro is the same", self.attach(self.service(0.1, 0.1)))

    def test_one_side_has_all_the_work(self):
        said = self.attach(self.service(0.1, None), status=3)
        self.assertIn("api: nothing to compare: all of api's tasks went to fiber; roll out a percentage: "
                      "crossfade flags rollout api 50", said)

    def test_failures_make_it_worse(self):
        service = self.service(0.1, 0.1)
        service.failures = 10
        said = self.attach(service, status=1)
        self.assertIn("api: coro is the same", said)
        self.assertIn("coro fails more often", said)

    def test_service_that_begins_anew(self):
        service = self.service(0.1, 0.2)
        service.begins_anew_at = 6
        said = self.attach(service, status=1)
        self.assertIn("by 11 intervals", said)
        self.assertIn("note: the service began anew, 1 time", said)

    def test_service_that_does_not_answer(self):
        service = Service(0.1, 0.1)
        service.close()
        self.assertIn(service.url.removeprefix("http://"), self.attach(service, status=3))

    def test_what_is_no_such_service(self):
        service = self.service(0.1, 0.1)
        self.assertIn("/other/metrics: answers 404; expected 200",
                      self.ab("--attach", service.url + "/other", status=3).stderr)
        for answer, words in (("<html>", 'line 1: "<html>"; expected the name of a metric'),
                              ("up 1\n", "has no crossfade_root_task_seconds; expected a service that")):
            service.answer = answer
            self.assertIn(words, self.attach(service, status=3))

    def test_subsystem_that_is_not_there(self):
        self.assertIn('has no subsystem "apj"; expected one of: "api"',
                      self.attach(self.service(0.1, 0.1), "--subsystem", "apj", status=3))

    def test_bad_arguments(self):
        for arguments, words in (
            (("--attach", "localhost"), 'is "localhost"; expected http://HOST:PORT'),
            (("--attach", "https://localhost"), "expected http://HOST:PORT"),
            (("--attach",), "--attach"),
            (("--attach", "http://localhost", "--workload", "spawn"), "--workload"),
            (("--attach", "http://localhost", "--interval", "2m"), "--interval: expected no more than"),
        ):
            with self.subTest(arguments):
                self.assertIn(words, self.refusal(*arguments))


if __name__ == "__main__":
    ProgramTest.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
