#!/usr/bin/env python3
"""Writes a case file of random rules, with what the reference evaluator makes of each.

Usage: random_cases.py COUNT SEED > FILE      then crossfade_flag_cases FILE
"""

import json
import random
import sys

import reference_eval
from reference_eval import Logic, OPS, RuleError, evaluate, load

TEXTS = ["", "a", "A", "fiber", "coro", "gold", "true", "1", "1.0", "-2", "0x1", " ", " 3 ", "1e3", ".5", "5.",
         "é", "日本語", "user-1", "1.2.3", "v1.2", "2.0.0-rc.1", "2.0.0-rc.2+b", "01.2.3", "a.b", "="]
NUMBERS = [0, 1, -1, 2, 3, 10, 0.5, -2.5, 1e21, 1e-7, 123456.789, 100, 2147483647, 2147483648]
PATHS = ["tier", "age", "tags", "tags.1", "deep.er.x", "deep.er", "none", "", "email", "$flagd.flagKey", "targetingKey",
         "current", "accumulator", "x", "truth", "list", "version"]
VERSION_OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="]
# A rule is most often one that works; sometimes its arguments are anything.
COUNTS = {"var": 1, "missing": 2, "missing_some": 2, "if": 3, "?:": 3, "and": 2, "or": 2, "!": 1, "!!": 1,
          "map": 2, "filter": 2, "all": 2, "some": 2, "none": 2, "reduce": 3, "sem_ver": 3}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self):
        r = self.random
        return r.choice([r.choice(TEXTS), r.choice(NUMBERS), r.choice([True, False, None]), r.choice(TEXTS)])

    def data(self, depth=2):
        r = self.random
        if depth == 0 or r.random() < 0.6:
            return self.scalar()
        if r.random() < 0.6:
            return [self.data(depth - 1) for _ in range(r.randrange(4))]
        return {r.choice(["a", "b", "x", "er", "deep"]): self.data(depth - 1) for _ in range(r.randrange(4))}

    def value(self, depth):
        r = self.random
        if depth == 0 or r.random() < 0.3:
            if r.random() < 0.35:
                return {"var": r.choice(PATHS)}
            return self.scalar()
        if r.random() < 0.15:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        if r.random() < 0.02:
            return {"a": self.value(0), "b": 1}
        return self.rule(depth)

    def rule(self, depth):
        r = self.random
        op = r.choice(list(OPS) + ["if", "fractional", "fractional"]) if r.random() < 0.99 else r.choice(["nope", "$ref"])
        if r.random() < 0.08:
            return {op: self.value(depth - 1)}
        count = COUNTS.get(op, 2) if r.random() < 0.7 else r.randrange(5)
        arguments = [self.value(depth - 1) for _ in range(count)]
        if op == "fractional" and r.random() < 0.85:
            buckets = [[r.choice(["fiber", "coro", "1", True, None]), r.choice([0, 1, 5, 50, 99, -3, self.value(1)])]
                       for _ in range(r.randrange(1, 4))]
            arguments = r.choice([[], [{"var": r.choice(PATHS)}], arguments[:1]]) + buckets
        elif op == "sem_ver" and len(arguments) == 3 and r.random() < 0.8:
            arguments[1] = r.choice(VERSION_OPERATORS)
        elif op in ("var", "missing") and arguments:
            arguments[0] = r.choice(PATHS)
        elif op == "missing_some" and len(arguments) == 2 and r.random() < 0.8:
            arguments = [r.choice([0, 1, 2]), [r.choice(PATHS) for _ in range(3)]]
        elif op in ("map", "filter", "all", "some", "none", "reduce") and arguments and r.random() < 0.8:
            arguments[0] = r.choice([{"var": "tags"}, {"var": "list"}, [1, 2, 3], ["a", "coro", ""]])
        return {op: arguments}

    def context(self):
        r = self.random
        result = {"tier": r.choice(TEXTS), "age": r.choice(NUMBERS), "tags": [self.scalar() for _ in range(3)],
                  "deep": {"er": {"x": self.scalar()}}, "email": self.scalar(), "x": self.data(), "truth": True,
                  "list": self.data(), "version": r.choice(TEXTS), "targetingKey": "user-%d" % r.randrange(1000)}
        for name in list(result):
            if r.random() < 0.1:
                del result[name]
        return result


def leave_out_accidents():
    """Makes the reference refuse to say where what it says is an accident of its Python.

    It encodes a NaN, which RFC 8949 has as f97e00, in eight bytes; and evaluates an object among the
    names of `missing`, which is data, as a rule.
    """
    encode = reference_eval.cbor

    def cbor(value):
        if value != value:
            raise ValueError("a NaN")
        return encode(value)

    def without_objects(operator):
        def checked(self, args, data):
            if "{" in json.dumps(self.run(args, data)):
                raise TypeError("an object among the names")
            return operator(self, args, data)

        return checked

    reference_eval.cbor = cbor
    Logic.op_missing = without_objects(Logic.op_missing)
    Logic.op_missing_some = without_objects(Logic.op_missing_some)


def finite(value):
    """JSON has no name for infinities: rules whose value has one in it are left out."""
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, dict) or all(map(finite, value.values()))


def main(count, seed):
    leave_out_accidents()
    maker = Maker(seed)
    cases, logic = [], []
    while len(cases) + len(logic) < count:
        rule, context = maker.rule(maker.random.randrange(1, 5)), maker.context()
        generation = maker.random.choice(["v1", "v2", "v3"])
        try:
            if maker.random.random() < 0.5:
                flags = {"flags": {"k": {"state": "ENABLED", "variants": {"fiber": "fiber", "coro": "coro", "true": "t",
                                         "1": "one", "a": "a"}, "defaultVariant": "fiber", "targeting": rule}}}
                got = evaluate(load(flags), "k", "string", "default", context, 1750000000, generation)
                cases.append({"flags": flags, "flag": "k", "type": "string", "default": "default", "context": context,
                              "now": 1750000000, "fractional": generation, "expect": got})
            else:
                try:
                    value = Logic(generation).run(rule, context)
                except RuleError:
                    value = "ERROR"
                if not finite(value):
                    continue
                logic.append({"rule": rule, "data": context, "fractional": generation, "expect": value})
        except (TypeError, ValueError, OverflowError, AttributeError):
            continue  # the reference itself cannot say: arguments of types that its Python does not take
    json.dump({"cases": cases, "logic": logic}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
