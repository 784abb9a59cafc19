"""TOML that `tomllib` leaves out: where a key stands, and how a value is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_SEGMENT = re.compile(_NAME)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Return the 1-based line where *path* is set, or its nearest enclosing table's; 0 where neither is found.

    Args:
        text: The TOML text.
        path: Keys from the root; an array table is a key followed by its index: ("slice", "c4", "drop", 0, "when").
    """
    lines = _lines(text)
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


def _segments(dotted: str) -> list[str]:
    return [s.strip("\"'") for s in _SEGMENT.findall(dotted)]


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    found: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            names = _segments(header[2])
            table = ()
            for i, name in enumerate(names):
                table = (*table, name)
                found.setdefault(table, number)
                if i == len(names) - 1 and header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                if table in counts:
                    table = (*table, counts[table])
                    found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_segments(key[1])), number)
    return found


def value(what: Any) -> str:
    """Write a value as TOML: always the same text for the same value."""
    match what:
        case bool():
            return "true" if what else "false"
        case int() | float():
            return repr(what)
        case str():
            return json.dumps(what, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{ " + ", ".join(f"{value(str(k))} = {value(v)}" for k, v in what.items()) + " }"
        case _:
            return "[" + ", ".join(value(v) for v in what) + "]"
