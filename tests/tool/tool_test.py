"""Each verb of the command-line tool, from outside.

Usage: tool_test.py PROGRAM
"""

import json
import os
import signal
import subprocess
import sys
import unittest

from program import DOCUMENT, RULE_BY_HAND, ProgramTest


class LookTest(ProgramTest):
    def test_list_shows_each_flag(self):
        heads, database, limit, prices = self.flags("list").splitlines()
        self.assertEqual(heads.split()[:5], ["FLAG", "STAGE", "STATE", "DEFAULT", "CORO"])
        self.assertEqual(database.split(), ["database", "off", "ENABLED", "-", "0", "%", "-", "-", "-"])
        self.assertEqual(limit.split(), ["limit", "off", "DISABLED", "low", "0", "%", "-", "-", "-"])
        self.assertEqual(prices.split(), ["prices", "off", "ENABLED", "fiber", "0", "%", "-", "desk", "1.0"])

    def test_list_as_json(self):
        self.flags("rollout", "prices", "12.5")
        self.flags("kill", "database")
        self.environment["CROSSFADE_FLAGS_OVERRIDE"] = "prices=coro"
        listed = self.json("list")
        self.assertEqual(listed["file"], "flags.json")
        self.assertEqual(listed["content_hash"], self.audit()[0]["hash_after"])
        self.assertFalse(listed["all_killed"])
        database, _, prices = listed["flags"]
        self.assertEqual((database["killed"], database["override"], database["default"]), (True, None, None))
        self.assertEqual(prices, {
            "key": "prices", "state": "ENABLED", "stage": "canary", "default": "fiber", "coro_percent": 12.5,
            "killed": False, "override": "coro",
            "metadata": {"owner": "desk", "remove_after": "1.0", "service": "shop"},
        })

    def test_get_says_what_and_why(self):
        self.assertEqual(self.json("get", "prices"), {
            "flag": "prices", "value": "fiber", "variant": "fiber", "reason": "STATIC", "error": None,
            "decided_by": "file", "metadata": {"owner": "desk", "remove_after": "1.0", "service": "shop"},
        })
        self.flags("set", "limit", "high")
        self.flags("enable", "limit")
        self.assertEqual(self.json("get", "limit")["value"], 2.5)
        self.assertEqual(self.flags("get", "limit").splitlines()[0].split(), ["value", "2.5"])

    def test_get_of_the_codes_default(self):
        got = self.json("get", "limit")
        self.assertEqual((got["value"], got["reason"], got["decided_by"]), (None, "DISABLED", "code's default"))
        self.assertIn("(the code's default)", self.flags("get", "limit"))

    def test_get_of_a_flag_that_is_not_there(self):
        got = self.json("get", "price", status=1)
        self.assertEqual((got["value"], got["error"], got["decided_by"]), (None, "FLAG_NOT_FOUND", "code's default"))

    def test_get_goes_by_key_and_context(self):
        self.edit('"x": [1,2 ]', '"x": 1, "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "coro", '
                  '{"fractional": [["coro", 1], ["fiber", 1]]}]}')
        gold = ("--context", '{"tier": "gold"}')
        self.assertEqual(self.json("get", "database", *gold)["value"], "coro")
        values = {self.json("get", "database", "--key", f"k{i}")["value"] for i in range(20)}
        self.assertEqual(values, {"coro", "fiber"})
        for i in range(3):
            one = self.json("get", "database", "--key", f"k{i}", "--context", '{"targetingKey": "other"}')
            self.assertEqual(one["value"], self.json("get", "database", "--key", f"k{i}")["value"])

    def test_context_that_is_none(self):
        for context in ("[1]", "{", '"gold"'):
            for key in ((), ("--key", "k")):
                self.assertIn("context: ", self.complaint("get", "prices", "--context", context, *key))

    def test_explain_follows_the_decision(self):
        self.flags("rollout", "prices", "10")
        lines = self.flags("explain", "prices", "--key", "k1").splitlines()
        self.assertEqual([line.split(". ")[0] for line in lines], [str(i + 1) for i in range(len(lines))])
        self.assertIn('hashes "pricesk1" to', lines[3])
        self.assertEqual(self.json("explain", "prices", "--key", "k1")["steps"],
                         [line.split(". ", 1)[1] for line in lines])


class PrecedenceTest(ProgramTest):
    def decided(self):
        got = self.json("get", "prices")
        steps = self.json("explain", "prices")["steps"]
        return got["decided_by"], got["value"], steps[0]

    def test_kill_switch_then_environment_then_file_then_code(self):
        self.assertEqual(self.decided(), ("file", "fiber", "the kill switch does not cover it"))
        self.environment["CROSSFADE_FLAGS_OVERRIDE"] = "prices=coro"
        self.assertEqual(self.decided(), ("environment", "coro", "the kill switch does not cover it"))
        self.assertIn("environment: coro", self.flags("list"))
        self.flags("kill", "prices")
        self.assertEqual(self.decided(), ("kill switch", None, "the kill switch covers this flag"))
        self.assertIn("killed", self.flags("list"))

    def test_override_with_a_variant_that_is_not_there_does_not_count(self):
        self.environment["CROSSFADE_FLAGS_OVERRIDE"] = "prices=corro,other=coro"
        done = self.run_tool("flags", "get", "prices", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["decided_by"]), (0, "file"))
        self.assertIn('CROSSFADE_FLAGS_OVERRIDE: "prices" is "corro"; expected one of its variants: ', done.stderr)
        self.assertIn('CROSSFADE_FLAGS_OVERRIDE: "other" is no flag of flags.json', done.stderr)

    def test_override_that_is_none(self):
        self.environment["CROSSFADE_FLAGS_OVERRIDE"] = "prices"
        self.assertEqual(self.complaint("get", "prices"),
                         'CROSSFADE_FLAGS_OVERRIDE: has the entry "prices", which has no =; '
                         "expected FLAG=VARIANT,FLAG=VARIANT\n")

    def test_kill_switch_decides_though_the_file_is_broken(self):
        self.flags("kill")
        self.file.write_text("{")
        self.assertEqual(self.json("get", "prices")["decided_by"], "kill switch")
        self.flags("unkill")
        self.assertIn("flags.json: parse error", self.complaint("get", "prices"))

    def test_kill_switch_that_is_no_text_kills_all(self):
        (self.folder / "flags.json.kill").write_bytes(b"prices\n\0")
        done = self.run_tool("flags", "get", "database", "--json")
        self.assertEqual(json.loads(done.stdout)["decided_by"], "kill switch")
        self.assertIn("flags.json.kill: line 2 holds a control character", done.stderr)


class ChangeTest(ProgramTest):
    def test_rollout_changes_nothing_else(self):
        told = self.flags("rollout", "database", "10")
        self.assertIn("database: stage: off -> canary 10 %", told)
        self.assertIn("version 2 of flags.json, 3 flags", told)
        rule = '"x": [1,2 ], "targeting": {"fractional": [["coro", 10], ["fiber", 90]]}}'
        self.assertEqual(self.file.read_text(), DOCUMENT.replace('"x": [1,2 ]}', rule))
        self.flags("rollout", "database", "25 %")
        self.assertEqual(self.file.read_text(),
                         DOCUMENT.replace('"x": [1,2 ]}', rule.replace("10", "25").replace("90", "75")))

    def test_set_is_for_all_and_keep_rule_for_the_rest(self):
        self.flags("rollout", "prices", "10")
        self.flags("set", "prices", "coro", "--keep-rule")
        self.assertEqual(self.json("list")["flags"][2]["stage"], "canary")
        self.flags("set", "prices", "coro")
        self.assertEqual(self.file.read_text(),
                         DOCUMENT.replace('"defaultVariant": "fiber"', '"defaultVariant": "coro"'))
        self.assertEqual(self.json("list")["flags"][2]["stage"], "live")

    def test_shadow_is_a_variant_to_add(self):
        self.assertIn('has no "shadow"', self.complaint("set", "prices", "shadow"))
        self.flags("set", "prices", "shadow", "--add-variant")
        self.assertEqual(self.json("list")["flags"][2]["stage"], "shadow")

    def test_complete_ends_a_move_that_is_live(self):
        self.flags("set", "prices", "coro")
        live = self.file.read_text()
        told = self.flags("complete", "prices", "--dry-run")
        self.assertIn("prices: stage: live -> complete", told)
        self.assertIn("nothing was written", told)
        self.assertEqual(self.file.read_text(), live)
        told = self.flags("complete", "prices", "--reason", "a month without a page")
        self.assertEqual(told.splitlines(), ["prices: stage: live -> complete", 'prices: variants.fiber: "fiber" -> none',
                                             "version 3 of flags.json, 3 flags"])
        self.assertEqual(self.file.read_text(), live.replace('"fiber": "fiber", "coro": "coro" }', '"coro": "coro" }'))
        self.assertEqual(self.json("list")["flags"][2]["stage"], "complete")
        self.assertEqual(self.json("get", "prices", "--key", "k1")["value"], "coro")
        entry = self.audit()[-1]
        self.assertEqual((entry["verb"], entry["reason"], entry["version"]), ("complete", "a month without a page", 3))
        self.assertIn("fiber", entry["changes"][0]["before"]["variants"])
        self.assertNotIn("fiber", entry["changes"][0]["after"]["variants"])
        # There is nobody to move back to, until it is rolled back.
        self.assertIn('has no "fiber"', self.complaint("set", "prices", "fiber"))
        self.assertIn("prices: stage: complete -> live", self.flags("rollback", "--last"))
        self.assertEqual(self.file.read_text(), live)
        self.flags("set", "prices", "fiber")
        self.assertEqual(self.file.read_text(), DOCUMENT)

    def test_complete_is_refused_unless_live(self):
        def refused(what):
            before = self.file.read_text()
            said = self.complaint("complete", "prices")
            self.assertIn("flags.json: /flags/prices " + what, said)
            self.assertEqual(self.complaint("complete", "prices", "--dry-run"), said)
            self.assertEqual(self.file.read_text(), before)

        move = "expected live. `crossfade flags set prices coro` moves everybody"
        refused("has the stage off; " + move)
        self.flags("rollout", "prices", "100")
        refused("has the stage canary; " + move)
        self.flags("set", "prices", "shadow", "--add-variant")
        refused("has the stage shadow; " + move)
        self.flags("set", "prices", "coro")
        self.flags("disable", "prices")
        refused("is DISABLED; expected live. `crossfade flags enable prices` lets the file decide")
        self.flags("enable", "prices")
        self.flags("complete", "prices")
        refused("has the stage complete; expected live. There is nothing left to complete")
        self.edit('"x": [1,2 ]', RULE_BY_HAND)
        self.assertIn("has the stage custom; expected live", self.complaint("complete", "database"))
        self.assertIn('has no flag "price"', self.complaint("complete", "price"))

    def test_enable_and_disable(self):
        self.flags("enable", "limit")
        self.assertEqual(self.file.read_text(), DOCUMENT.replace("DISABLED", "ENABLED"))
        self.flags("disable", "limit")
        self.assertEqual(self.file.read_text(), DOCUMENT)

    def test_rule_by_hand_takes_force(self):
        self.edit('"x": [1,2 ]', RULE_BY_HAND)
        before = self.file.read_text()
        for verb in (("rollout", "database", "10"), ("set", "database", "coro")):
            self.assertIn("/flags/database/targeting is a rule by hand", self.complaint(*verb))
            self.assertIn("--force replaces it", self.complaint(*verb))
        self.assertEqual(self.file.read_text(), before)
        self.flags("rollout", "database", "10", "--force")
        self.assertEqual(self.json("list")["flags"][0]["stage"], "canary")

    def test_dry_run_writes_nothing(self):
        told = self.flags("rollout", "prices", "10", "--dry-run")
        self.assertIn("prices: stage: off -> canary 10 %", told)
        self.assertIn("nothing was written", told)
        self.assertTrue(self.json("set", "prices", "coro", "--dry-run")["dry_run"])
        self.assertIn("every flag is killed", self.flags("kill", "--dry-run"))
        self.assertEqual(os.listdir(self.folder), ["flags.json"])
        self.assertEqual(self.file.read_text(), DOCUMENT)

    def test_no_change_is_no_version(self):
        self.assertEqual(self.flags("set", "prices", "fiber"), "nothing to change\n")
        self.assertEqual(os.listdir(self.folder), ["flags.json"])

    def test_changes_as_json(self):
        changed = self.json("rollout", "prices", "10")
        self.assertEqual((changed["dry_run"], changed["version"]), (False, 2))
        self.assertEqual(changed["changes"][0]["flag"], "prices")
        self.assertIn("stage: off -> canary 10 %", changed["changes"][0]["differences"])

    def test_audit_has_reason_and_both_states(self):
        self.flags("rollout", "prices", "10", "--reason", "first day")
        (entry,) = self.audit()
        self.assertEqual((entry["verb"], entry["reason"], entry["version"]), ("rollout", "first day", 2))
        (change,) = entry["changes"]
        self.assertEqual(change["flag"], "prices")
        self.assertNotIn("targeting", change["before"])
        self.assertEqual(change["after"]["targeting"], {"fractional": [["coro", 10], ["fiber", 90]]})

    def test_bad_input_names_what_is_there(self):
        self.assertEqual(self.complaint("set", "price", "coro"),
                         'flags.json: /flags has no flag "price"; expected one of: "database", "limit", "prices"\n')
        self.assertIn('its variants are: "fiber", "coro"', self.complaint("set", "prices", "corro"))
        self.assertIn('/flags/limit/variants has no "coro"', self.complaint("rollout", "limit", "10"))

    def test_file_that_does_not_load_is_not_edited(self):
        self.edit('"defaultVariant": "fiber"', '"defaultVariant": "fibre"')
        before = self.file.read_text()
        self.assertIn('/flags/prices/defaultVariant is "fibre"; expected one of its variants',
                      self.complaint("rollout", "database", "10"))
        self.assertEqual(self.file.read_text(), before)

    def test_repeated_members_are_not_edited(self):
        self.edit('"x": [1,2 ]', '"state": "DISABLED"')
        self.assertIn("/flags/database/state is there twice, again at line 12",
                      self.complaint("enable", "database"))

    def test_note_when_something_is_above_the_file(self):
        self.flags("kill", "prices")
        done = self.run_tool("flags", "rollout", "prices", "10")
        self.assertIn("note: prices is killed, until `crossfade flags unkill prices`", done.stderr)
        self.environment["CROSSFADE_FLAGS_OVERRIDE"] = "database=fiber"
        done = self.run_tool("flags", "rollout", "database", "10")
        self.assertIn("database is fiber whatever the file says", done.stderr)

    def test_file_behind_links_like_a_config_map(self):
        (self.folder / "..first").mkdir()
        self.file.rename(self.folder / "..first" / "flags.json")
        (self.folder / "..data").symlink_to("..first")
        self.file.symlink_to("..data/flags.json")
        (self.folder / "..first" / "flags.json").chmod(0o640)
        self.flags("rollout", "prices", "10")
        self.assertTrue(self.file.is_symlink())
        real = self.folder / "..first" / "flags.json"
        self.assertIn('["coro", 10]', real.read_text())
        self.assertEqual(real.stat().st_mode & 0o7777, 0o640)
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["..data", "..first", "flags.json", "flags.json.audit.jsonl", "flags.json.history"])

    def test_edits_at_the_same_time_are_all_made_or_refused(self):
        edits = [subprocess.Popen([self.PROGRAM, "flags", "rollout", "prices", str(percent)], cwd=self.folder,
                                  env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                 for percent in range(1, 9)]
        made = 0
        for edit in edits:
            _, said = edit.communicate(timeout=120)
            made += edit.returncode == 0
            if edit.returncode != 0:
                self.assertIn("was changed by somebody else meanwhile", said)
        self.assertGreaterEqual(made, 1)
        log = self.audit()
        self.assertEqual(len(log), made)
        for earlier, later in zip(log, log[1:]):
            self.assertEqual(earlier["hash_after"], later["hash_before"])
        self.assertEqual(self.json("list")["content_hash"], log[-1]["hash_after"])


class KillTest(ProgramTest):
    def kill_file(self):
        return self.folder / "flags.json.kill"

    def test_keys_come_and_go(self):
        self.flags("kill", "prices", "--reason", "slow")
        self.assertEqual(self.flags("kill", "database"), "killed: database prices\n")
        self.assertEqual(self.kill_file().read_text().splitlines()[1:], ["database", "prices"])
        self.assertEqual(self.flags("unkill", "prices"), "killed: database\n")
        self.assertEqual(self.flags("unkill", "database"), "nothing is killed\n")
        self.assertFalse(self.kill_file().exists())
        self.assertEqual([entry["verb"] for entry in self.audit()], ["kill", "kill", "unkill", "unkill"])
        self.assertEqual(self.audit()[0]["reason"], "slow")

    def test_all(self):
        self.assertEqual(self.json("kill"), {"dry_run": False, "all": True, "keys": []})
        self.assertEqual(self.flags("kill", "prices"), "every flag is killed\n")
        self.assertIn("expected `unkill` without keys", self.complaint("unkill", "prices"))
        self.assertEqual(self.flags("unkill"), "nothing is killed\n")

    def test_touched_file_kills_all(self):
        self.kill_file().touch()
        self.assertTrue(self.json("list")["all_killed"])

    def test_misspelt_key_is_refused(self):
        self.assertIn('has no flag "price"; expected one of: "database"', self.complaint("kill", "price"))
        self.assertEqual(self.flags("kill", "price", "--force"), "killed: price\n")

    def test_broken_file_can_be_killed(self):
        self.file.write_text("{")
        self.assertEqual(self.flags("kill", "prices"), "killed: prices\n")
        self.file.unlink()
        self.assertEqual(self.flags("kill"), "every flag is killed\n")


class HistoryTest(ProgramTest):
    def test_versions_with_who_and_why(self):
        self.assertIn("no versions yet", self.flags("history"))
        self.flags("rollout", "prices", "10", "--reason", "first day")
        self.flags("disable", "prices")
        third, second, first = self.json("history")
        self.assertEqual((first["version"], first["verb"], first["in_force"]), (1, "found", False))
        self.assertEqual((second["verb"], second["reason"], second["flags"]), ("rollout", "first day", "prices"))
        self.assertEqual((third["verb"], third["in_force"]), ("disable", True))
        self.assertEqual(len(self.flags("history").splitlines()), 4)

    def test_rollback_is_an_edit_that_can_be_rolled_back(self):
        self.flags("rollout", "prices", "10")
        self.flags("rollback", "--last", "--reason", "slow")
        self.assertEqual(self.file.read_text(), DOCUMENT)
        self.assertEqual(self.audit()[-1]["reason"], "slow")
        self.flags("rollback", "--last")
        self.assertIn('["coro", 10]', self.file.read_text())
        self.flags("rollback", "1")
        self.assertEqual(self.file.read_text(), DOCUMENT)

    def test_rollback_of_a_file_that_was_broken(self):
        self.flags("rollout", "prices", "10")
        good = self.file.read_text()
        self.file.write_text(good[:100])
        done = self.run_tool("flags", "rollback", "--last")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("note: what is replaced did not load: flags.json: parse error", done.stderr)
        self.assertEqual(done.stdout, "version 4 of flags.json, 3 flags\n")
        self.assertEqual(self.file.read_text(), good)

    def test_rollback_to_what_is_not_there(self):
        self.assertIn("has no version that loads", self.complaint("rollback", "--last"))
        self.flags("rollout", "prices", "10")
        self.assertIn("has no version 9; there are: 1 to 2", self.complaint("rollback", "9"))
        self.assertIn("expected a VERSION", self.complaint("rollback", status=2))

    def test_diff(self):
        self.flags("rollout", "prices", "10")
        self.flags("rollout", "prices", "25")
        stages = [self.flags("diff", *sides, status=1).splitlines()[0]
                  for sides in ((), ("1",), ("1", "2"), ("2", "1"))]
        self.assertEqual(stages, [f"prices: stage: {change}" for change in (
            "canary 10 % -> canary 25 %", "off -> canary 25 %", "off -> canary 10 %", "canary 10 % -> off")])
        self.assertEqual(self.flags("diff", "3"), "")
        (self.folder / "other.json").write_text('{"flags": {}}')
        removed = self.json("diff", "flags.json", "other.json", status=1)
        self.assertEqual([change["flag"] for change in removed], ["database", "limit", "prices"])
        self.assertIn("none.json: cannot be read", self.complaint("diff", "none.json"))


class ValidateTest(ProgramTest):
    def test_valid(self):
        self.assertEqual(self.flags("validate"), "flags.json: valid\n")
        self.assertEqual(self.json("validate", "flags.json"), {"file": "flags.json", "valid": True, "violations": []})

    def test_invalid(self):
        self.edit('"state": "DISABLED"', '"state": "DISABLE"')
        message = 'is "DISABLE"; expected "ENABLED" or "DISABLED"'
        self.assertEqual(self.complaint("validate", "flags.json"),
                         f"flags.json: error: /flags/limit/state {message}\n")
        told = self.json("validate", status=1)
        self.assertFalse(told["valid"])
        self.assertEqual(told["violations"], [
            {"severity": "error", "pointer": "/flags/limit/state", "message": message, "why": ""}])

    def test_warning_leaves_it_valid(self):
        self.edit('"high": 2.5', '"high": "much"')
        done = self.run_tool("flags", "validate")
        self.assertEqual((done.returncode, done.stdout), (0, "flags.json: valid\n"))
        self.assertIn("flags.json: warning: /flags/limit/variants/high", done.stderr)

    def test_not_there(self):
        self.assertIn("none.json: cannot be read: No such file", self.complaint("validate", "none.json"))


class SimulateTest(ProgramTest):
    def test_growing_moves_nobody_out(self):
        rows = self.json("simulate", "prices", "--count", "5000", "--percent", "10", "25", "0.5")
        self.assertEqual([row["setting"] for row in rows], ["as it is", "10 %", "25 %", "0.5 %"])
        as_it_is, tenth, quarter, back = rows
        self.assertEqual(as_it_is["counts"], {"fiber": 5000})
        self.assertAlmostEqual(tenth["counts"]["coro"], 500, delta=100)
        self.assertEqual((tenth["moved_out"], quarter["moved_out"], back["moved_in"]), (0, 0, 0))
        self.assertEqual(quarter["moved_in"], quarter["counts"]["coro"] - tenth["counts"]["coro"])
        self.assertEqual(back["moved_out"], quarter["counts"]["coro"] - back["counts"]["coro"])
        self.assertEqual(self.file.read_text(), DOCUMENT)

    def test_keys_from_a_file_or_standard_input(self):
        (self.folder / "keys").write_text("a\nb\n\nc\r\n")
        self.assertEqual(self.json("simulate", "prices", "--keys", "keys")[0]["keys"], 3)
        rows = json.loads(self.flags("simulate", "prices", "--keys", "-", "--json", stdin="a\nb\n"))
        self.assertEqual(rows[0]["keys"], 2)
        self.assertIn("3 (100 %)", self.flags("simulate", "prices", "--keys", "keys"))
        self.assertIn("(the code's default)", self.flags("simulate", "limit", "--keys", "keys"))

    def test_bad_input(self):
        (self.folder / "keys").write_text("\n")
        self.assertIn("keys: has no keys", self.complaint("simulate", "prices", "--keys", "keys"))
        self.assertIn("none: cannot be read", self.complaint("simulate", "prices", "--keys", "none"))
        self.assertIn('has no flag "price"', self.complaint("simulate", "price", "--count", "5"))
        self.edit('"x": [1,2 ]', RULE_BY_HAND)
        self.assertIn("--force", self.complaint("simulate", "database", "--percent", "10"))
        self.flags("simulate", "database", "--percent", "10", "--force")


class WatchTest(ProgramTest):
    def test_tells_of_changes_until_it_is_ended(self):
        with subprocess.Popen([self.PROGRAM, "flags", "watch"], cwd=self.folder, env=self.environment,
                              stdout=subprocess.PIPE, text=True) as watching:
            self.addCleanup(watching.kill)
            self.assertEqual(watching.stdout.readline(), "generation 1, 3 flags\n")
            self.flags("rollout", "prices", "10")
            self.assertEqual(watching.stdout.readline(), "generation 2, 3 flags\n")
            self.assertEqual(watching.stdout.readline(), "prices: stage: off -> canary 10 %\n")
            self.assertIn("targeting", watching.stdout.readline())
            self.file.write_text("{")
            self.assertIn("refused, the flags stay as they were: flags.json: parse error",
                          watching.stdout.readline())
            watching.send_signal(signal.SIGINT)
            self.assertEqual(watching.wait(timeout=60), 0)

    def test_as_json_lines(self):
        with subprocess.Popen([self.PROGRAM, "flags", "watch", "--json"], cwd=self.folder, env=self.environment,
                              stdout=subprocess.PIPE, text=True) as watching:
            self.addCleanup(watching.kill)
            first = json.loads(watching.stdout.readline())
            self.assertEqual([change["flag"] for change in first["changes"]], ["database", "limit", "prices"])
            self.file.write_text('{"flags": 1}')
            self.assertIn("expected an object of flags", json.loads(watching.stdout.readline())["refused"])
            watching.terminate()
            self.assertEqual(watching.wait(timeout=60), 0)


class UsageTest(ProgramTest):
    def test_status_is_2(self):
        for arguments in ((), ("frobnicate",), ("get",), ("rollout", "prices"), ("rollout", "prices", "101"),
                          ("rollout", "prices", "ten"), ("list", "--dry-run"), ("list", "more"),
                          ("rollback", "1", "--last"), ("set", "prices", "coro", "--keep-rule", "--force"),
                          ("simulate", "prices", "--count", "0"), ("diff", "1", "2", "3")):
            with self.subTest(arguments):
                self.assertNotEqual(self.complaint(*arguments, status=2), "")

    def test_help_and_version(self):
        self.assertIn("rollout", self.flags("--help"))
        self.assertEqual(self.run_tool("--version").returncode, 0)

    def test_file_is_the_options_then_the_environments(self):
        other = self.folder / "other.json"
        other.write_text(DOCUMENT.replace("prices", "others"))
        self.environment["CROSSFADE_FLAGS_FILE"] = "other.json"
        self.assertIn("others", self.flags("list"))
        self.assertIn("prices", self.flags("list", "--file", "flags.json"))
        self.assertIn("prices", self.flags("--file", "flags.json", "list"))


if __name__ == "__main__":
    ProgramTest.PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
