r"""What RedPajama V1 published as its cleaner of LaTeX, defects and all, for the faithful recipe.

Each file for itself, in the order of the archive: everything before the first heading goes, and a file without heading
goes whole; comments go with the character before them; the first appendix or bibliography ends the file; macros
without arguments are put in as text.

Source: RedPajama-Data, branch rp_v1, data_prep/arxiv; its defects as our notes on recipes list them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMED = r"\*?(?:\[.{0,1000}?\])?\{.{0,1000}?\}"  # bounded: the published one takes hours for a hostile file
_HEADING = re.compile(
    "|".join(rf"\\{name}\b{_NAMED}" for name in ("chapter", "part", "section", "subsection", "subsubsection"))
    + rf"|\\paragraph\b{_NAMED}\\subparagraph\b{_NAMED}",  # the published pattern lacks a bar between these two
    re.DOTALL,
)
_COMMENT_LINE = re.compile(r"^%.*\n?", re.MULTILINE)
_COMMENT = re.compile(r"[^\\]%.+$", re.MULTILINE)
_END = re.compile(
    r"\\appendix|\\begin\{references\}|\\begin\{REFERENCES\}|\\begin\{thebibliography\}|\\bibliography\{.*\}"
)
_DEFINITIONS = (
    re.compile(r"\\newcommand\b\*?\{(\\[a-zA-Z0-9]+?)\}\{(.*?)\}$", re.MULTILINE),
    re.compile(r"\\def\s*(\\[a-zA-Z0-9]+?)\s*\{(.*?)\}$", re.MULTILINE),
)


def clean(texts: Iterable[str]) -> str:
    """Return the text of a project from its ``.tex`` files in archive order; "" where no file has a heading."""
    files = list(texts)
    macros: dict[str, str] = {}
    for text in files:
        for definition in _DEFINITIONS:
            macros.update((found[1], found[2]) for found in definition.finditer(text))
    return "\n".join(filter(None, (_clean_file(text, macros) for text in files)))


def _clean_file(text: str, macros: dict[str, str]) -> str:
    start = _HEADING.search(text)
    if start is None:
        return ""
    text = _COMMENT.sub("", _COMMENT_LINE.sub("", text[start.start() :]))
    end = _END.search(text)
    text = text[: end.start()] if end else text
    for name, value in macros.items():
        call = re.compile(re.escape(name) + r"([^a-zA-Z0-9])")
        text = call.sub(lambda found, value=value: value + found[1], text)
    return text
