"""The pieces of a cleaned paper, put together."""

from __future__ import annotations

import re

from redpyjama.sources.latex_source import MARK

_BLANK_LINES = re.compile(r"[ \t]*\n[ \t]*\n\s*")
_TRAILING = re.compile(r"[ \t]+\n")


class Verbatim(str):
    """A piece of the text in which white space counts."""

    __slots__ = ()


def tidy(pieces: list[str]) -> str:
    """Put the pieces together; outside of verbatim text at most one blank line, and no blanks at the ends of lines."""
    tidied: list[str] = []
    plain: list[str] = []
    for piece in [*pieces, Verbatim()]:
        if not isinstance(piece, Verbatim):
            plain.append(piece)
            continue
        text = "".join(plain).replace(MARK, "")
        tidied += [_TRAILING.sub("\n", _BLANK_LINES.sub("\n\n", text)), piece]
        plain = []
    return "".join(tidied)
