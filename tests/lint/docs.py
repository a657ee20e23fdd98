"""Fails where C++ in a document is not what a test compiles, or a test that it names is not there.

A block is introduced by a line `<!-- from FILE region NAME -->` and equals the lines between `// region NAME` and
`// endregion` in that file, less their common indentation. Every ```cpp block must be introduced so.
A name like `LockTest.HandsOverInTheOrderAsked` is that of a test.
"""

import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"(?:<!-- from (\S+) region (\S+) -->\n)?```cpp\n(.*?)```\n", re.DOTALL)


TEST_NAME = re.compile(r"`(\w+Test\.\w+)`")
TEST = re.compile(r"^TEST(?:_[FP])?\((\w+),\s+(\w+)\)", re.MULTILINE)


def tests_of(root: pathlib.Path) -> set[str]:
    files = (root / "tests").rglob("*.cpp")
    return {f"{suite}.{case}" for file in files for suite, case in TEST.findall(file.read_text())}


def region(source: str, name: str) -> str | None:
    found = re.search(rf"^ *// region {re.escape(name)}\n(.*?)^ *// endregion\n", source, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found.group(1)) if found else None


def documents(root: pathlib.Path):
    folders = ["", "compat/", "docs/", "examples/**/", "flags/", "test_kit/", "tool/"]
    return sorted(file for folder in folders for file in root.glob(folder + "*.md"))


def violations(root: pathlib.Path):
    tests = tests_of(root)
    for document in documents(root):
        where = document.relative_to(root)
        for number, text in enumerate(document.read_text().splitlines(), 1):
            for name in TEST_NAME.findall(text):
                if name not in tests:
                    yield f"{where}:{number}: there is no test {name}"
        for block in BLOCK.finditer(document.read_text()):
            line = document.read_text()[: block.start()].count("\n") + 1
            file, name, code = block.groups()
            if file is None:
                yield f"{where}:{line}: the block names no region; expected `<!-- from FILE region NAME -->` above it"
            elif not (root / file).is_file():
                yield f"{where}:{line}: {file} is not there"
            elif (wanted := region((root / file).read_text(), name)) is None:
                yield f"{where}:{line}: {file} has no region {name}"
            elif code != wanted:
                yield f"{where}:{line}: the block differs from region {name} of {file}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every block is compiled")
    sys.exit(1 if found else 0)
