#!/usr/bin/env python3
"""Writes a case file of random documents, with what flagd's schema makes of each.

Usage: schema_cases.py COUNT SEED > FILE      then crossfade_flag_cases FILE

The documents are those of data/schema_validation.json, of whose verdicts it makes sure first, with
some of their values changed.
"""

import copy
import json
import random
import re
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read(name):
    return json.loads((DATA / name).read_text())


class Schema:
    """A draft-07 schema: the keywords that flagd's have, and no others."""

    FILES = {name: read("schema/" + name) for name in ("flags.json", "flagd.json", "targeting.json")}
    TYPES = {
        "object": lambda v: isinstance(v, dict),
        "array": lambda v: isinstance(v, list),
        "string": lambda v: isinstance(v, str),
        "boolean": lambda v: isinstance(v, bool),
        "null": lambda v: v is None,
        "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
        "integer": lambda v: not isinstance(v, bool) and isinstance(v, (int, float)) and v == int(v),
    }
    NO_RULES = {"$id", "$schema", "$comment", "title", "description", "definitions"}

    def __init__(self, file, node=None):
        self.file, self.node = file, self.FILES[file] if node is None else node

    def sub(self, node):
        return Schema(self.file, node)

    def referred(self):
        file, _, path = self.node["$ref"].partition("#")
        file = file.removeprefix("./") or self.file
        node = self.FILES[file]
        for step in path.split("/")[1:]:
            node = node[step]
        return Schema(file, node)

    def accepts(self, value):
        if "$ref" in self.node:  # what stands beside it is ignored
            return self.referred().accepts(value)
        return all(getattr(self, "_" + key)(rule, value) for key, rule in self.node.items() if key not in self.NO_RULES)

    def _type(self, names, value):
        return any(self.TYPES[name](value) for name in ([names] if isinstance(names, str) else names))

    def _enum(self, values, value):
        return any(type(v) is type(value) and v == value for v in values)

    def _anyOf(self, nodes, value):
        return any(self.sub(node).accepts(value) for node in nodes)

    def _allOf(self, nodes, value):
        return all(self.sub(node).accepts(value) for node in nodes)

    def _oneOf(self, nodes, value):
        return sum(self.sub(node).accepts(value) for node in nodes) == 1

    def _not(self, node, value):
        return not self.sub(node).accepts(value)

    def _required(self, names, value):
        return not isinstance(value, dict) or all(name in value for name in names)

    def _minProperties(self, least, value):
        return not isinstance(value, dict) or len(value) >= least

    def _properties(self, nodes, value):
        return not isinstance(value, dict) or all(
            self.sub(node).accepts(value[name]) for name, node in nodes.items() if name in value)

    def _patternProperties(self, nodes, value):
        return not isinstance(value, dict) or all(
            self.sub(node).accepts(v) for pattern, node in nodes.items() for name, v in value.items()
            if self.matches(pattern, name))

    def _additionalProperties(self, node, value):
        if not isinstance(value, dict):
            return True
        patterns = self.node.get("patternProperties", {})
        rest = [v for name, v in value.items() if name not in self.node.get("properties", {})
                and not any(self.matches(pattern, name) for pattern in patterns)]
        return not rest if node is False else all(self.sub(node).accepts(v) for v in rest)

    def _items(self, node, value):
        if not isinstance(value, list):
            return True
        if isinstance(node, dict):
            return all(self.sub(node).accepts(v) for v in value)
        return all(self.sub(n).accepts(v) for n, v in zip(node, value))

    def _additionalItems(self, node, value):
        if not isinstance(value, list):
            return True
        return all(self.sub(node).accepts(v) for v in value[len(self.node["items"]):])

    def _minItems(self, least, value):
        return not isinstance(value, list) or len(value) >= least

    def _maxItems(self, most, value):
        return not isinstance(value, list) or len(value) <= most

    def _minLength(self, least, value):
        return not isinstance(value, str) or len(value) >= least

    def _minimum(self, least, value):
        return not self.TYPES["number"](value) or value >= least

    def _pattern(self, pattern, value):
        return not isinstance(value, str) or self.matches(pattern, value)

    @staticmethod
    def matches(pattern, text):
        # As in JavaScript: "$" is the end alone, digits are ASCII, and there are more line breaks.
        pattern = re.sub(r"(?<!\\)\$", r"\\Z", pattern).replace(".{1,}", r"[^\n\r\u2028\u2029]{1,}")
        return re.search(pattern, text, re.ASCII) is not None


OPERATORS = ["if", "?:", "==", "===", "!=", "!==", ">", ">=", "<", "<=", "%", "/", "*", "+", "-", "max", "min", "map",
             "filter", "all", "none", "some", "reduce", "in", "substr", "or", "and", "merge", "cat", "!", "!!", "var",
             "missing", "missing_some", "starts_with", "ends_with", "sem_ver", "fractional", "$ref", "regex"]
SCALARS = ["", "a", "fiber", "on", "ENABLED", "1.2.3", "v1.0.0", "2", "1.0.0-rc.1+b", "01.0.0", "=", "~", "==", "a\nb",
           "$flagd.timestamp", "$flagd.user", "x", "\u2028", 0, 1, 2.0, -1, 2.5, 2147483648, True, False, None]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=2):
        r = self.random
        kind = r.random() if depth else 0
        if kind < 0.4:
            return r.choice(SCALARS)
        if kind < 0.55:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        if kind < 0.65:
            return {str(r.choice(SCALARS)): self.value(depth - 1) for _ in range(r.randrange(3))}
        return self.rule(depth)

    def rule(self, depth=2):
        r = self.random
        count = 1 if r.random() < 0.9 else 2
        return {r.choice(OPERATORS): self.arguments(depth - 1) for _ in range(count)}

    def arguments(self, depth):
        r = self.random
        kind = r.random()
        if kind < 0.15 or depth < 0:
            return self.value(0)
        if kind < 0.35:
            return [["fiber", r.choice([1, 2, 99])], [r.choice(["coro", "x"]), r.choice(SCALARS)]]
        if kind < 0.45:
            return [{"var": "version"}, r.choice(["=", "^", "=="]), r.choice(SCALARS)]
        return [self.value(depth) for _ in range(r.choice([1, 2, 2, 2, 3, 3]))]

    def places(self, node):
        """All (holder, key) below the node."""
        for key in list(node if isinstance(node, dict) else range(len(node))):
            yield node, key
            if isinstance(node[key], (dict, list)):
                yield from self.places(node[key])

    def changed(self, document):
        r = self.random
        document = copy.deepcopy(document)
        for _ in range(r.choice([1, 1, 2])):
            places = list(self.places(document)) if isinstance(document, (dict, list)) else []
            if not places:
                break
            holder, key = r.choice(places)
            how = r.random()
            if how < 0.15:
                del holder[key]
            elif how < 0.3 and isinstance(holder, dict):
                holder[str(r.choice(SCALARS))] = holder[key]
            elif how < 0.3:
                holder.append(copy.deepcopy(holder[key]))
            else:
                holder[key] = self.value()
        return document

    def case(self, known):
        r = self.random
        if r.random() < 0.5:
            base = r.choice(known)
            name, document = base["schema"], self.changed(base["document"])
        else:
            name, document = "targeting.json", self.rule()
        return {"name": f"changed {r.getrandbits(32):x}", "schema": name, "document": document,
                "valid": Schema(name).accepts(document)}


def main():
    count, seed = map(int, sys.argv[1:])
    known = read("schema_validation.json")["validations"]
    for case in known:
        assert Schema(case["schema"]).accepts(case["document"]) == case["valid"], case["name"]
    maker = Maker(seed)
    json.dump({"validations": [maker.case(known) for _ in range(count)]}, sys.stdout)


if __name__ == "__main__":
    main()
