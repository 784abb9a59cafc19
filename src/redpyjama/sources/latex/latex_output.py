"""A cleaned paper, and how its pieces are put together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from redpyjama.sources.latex.latex_source import MARK

_BLANK_LINES = re.compile(r"(?<![ \t])[ \t]*\n[ \t]*\n\s*")
_TRAILING = re.compile(r"(?<![ \t])[ \t]+\n")


@dataclass(slots=True)
class Paper:
    """What was made of a project.

    Attributes:
        text: The body, led by title and abstract; no blank lines at its ends.
        title: The argument of the title command, still LaTeX; "" where there is none.
        authors: Arguments of the author commands, still LaTeX.
        num_expanded: Macro calls and user environments that were expanded.
        num_missing: Inputs that are not among the files.
        files: Names of the files that were read, in order.
    """

    text: str = ""
    title: str = ""
    authors: list[str] = field(default_factory=list[str])
    num_expanded: int = 0
    num_missing: int = 0
    files: list[str] = field(default_factory=list[str])


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
