"""Fails where C++ in a document is not what a test compiles.

A block is introduced by a line `<!-- from FILE region NAME -->` and equals the lines between `// region NAME` and
`// endregion` in that file, less their common indentation. Every ```cpp block must be introduced so.
"""

import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"(?:<!-- from (\S+) region (\S+) -->\n)?```cpp\n(.*?)```\n", re.DOTALL)


def region(source: str, name: str) -> str | None:
    found = re.search(rf"^ *// region {re.escape(name)}\n(.*?)^ *// endregion\n", source, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found.group(1)) if found else None


def violations(root: pathlib.Path):
    for document in sorted(root.glob("*.md")) + sorted(root.glob("examples/**/*.md")):
        where = document.relative_to(root)
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
