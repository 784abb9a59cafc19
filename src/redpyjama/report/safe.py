"""What a corpus holds, made fit to print: strangers wrote it, and a terminal obeys some characters."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

_UNSAFE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""What moves the cursor, ends or turns a line around, or is no character; not the tab and the newline."""


def safe(text: str) -> str:
    """Return a text that can be printed: what a terminal would obey becomes a sign that shows it."""
    return _UNSAFE.sub(_sign, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return the same for names and addresses, which may not end a line either."""
    return safe(text).replace("\n", "\N{SYMBOL FOR LINE FEED}").replace("\t", "\N{SYMBOL FOR HORIZONTAL TABULATION}")


def as_json(value: Any) -> str:
    r"""Return data or structs as one line of JSON, the same characters as \\uXXXX."""
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"<U+{code:04X}>"
