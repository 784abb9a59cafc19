"""The sample's readable sources: files of records, each a key, fields and a body.

    @@@ https://harbour.example/soup
    title: A winter soup
    date: 2026-10-03

    The body, up to the next line that starts with three at signs.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass, field

AUTHORED = pathlib.Path(__file__).parent / "authored"
_MARK = "@@@ "


@dataclass(frozen=True, kw_only=True)
class Record:
    """One authored record."""

    key: str
    fields: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)


def parse(text: str, name: str) -> list[Record]:
    """Return the records of a text; what stands before the first mark is a comment."""
    found: list[Record] = []
    for chunk in ("\n" + text).split("\n" + _MARK)[1:]:
        head, _, body = chunk.rstrip("\n").partition("\n\n")
        key, *lines = head.split("\n")
        fields = {}
        for line in lines:
            label, colon, value = line.partition(":")
            if not colon or not label.replace("-", "").isalnum():
                raise ValueError(f"{name}: {key}: {line!r} is no field")
            fields[label] = value.strip()
        found.append(Record(key=key.strip(), fields=fields, body=body.strip("\n")))
    return found


def load(folder: str, pattern: str = "*.txt") -> list[Record]:
    """Return the records of all files of a folder of the authored sources, in order of file name."""
    files = sorted((AUTHORED / folder).glob(pattern))
    if not files:
        raise FileNotFoundError(f"no {pattern} in {AUTHORED / folder}")
    return [record for file in files for record in parse(file.read_text("utf-8"), file.name)]
