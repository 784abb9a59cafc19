"""A fragment of HTML or XHTML that people wrote -> text, in one pass over its tags.

For markup that is known to be content: Stack Exchange posts, chapters of books. Web pages need a parser and judgement.
Kept: paragraphs, headings, lists, quotations ("> "), tables (cells separated by " | "), code verbatim between fences,
inline code between backticks, raised digits, formulas as they are. Images and all attributes go.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from redpyjama.sources.raised import superscript

_TAG = re.compile(r"<(?:(/?)([A-Za-z][A-Za-z0-9]{0,15})((?:[\s/:-])[^<>]*)?>|(!--)|[!?][^<>]*>)")
_RAISED = re.compile(r"<sup>([^<>]{1,40})</sup>")
_SPACE = re.compile(r"\s+")
_DISPLAY_MATH = re.compile(r"(\$\$[^$]+\$\$)")
_LANGUAGE = re.compile(r"\b(?:lang|language)-([\w+#.-]{1,30})")
_TICKS = re.compile(r"`+")

_WITHOUT_TEXT = frozenset("head script style template svg noscript iframe object".split())
_VERBATIM = frozenset(("pre", "code"))
_CLOSING = {tag: re.compile(rf"</{tag}\s*>", re.IGNORECASE) for tag in _WITHOUT_TEXT | _VERBATIM}
_CLOSING["!--"] = re.compile("-->")
_PARAGRAPHS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 table section article header footer figure figcaption aside address hr dl center form "
    "fieldset main nav details summary body html".split()
)
_LINES = frozenset("tr dt dd br caption legend option".split())

_MAX_PREFIXES = 12
"""Nested lists and quotations that still indent: with more, indentation would outgrow the text."""


def to_text(markup: str) -> str:
    """Return the text of a fragment; tags that are never closed or never opened do no harm."""
    if "<sup" in markup:
        markup = _RAISED.sub(lambda m: superscript(m[1]), markup)
    writer = _Writer()
    never_closed: set[str] = set()
    position = 0
    while found := _TAG.search(markup, position):
        if found.start() > position:
            writer.text(markup[position : found.start()])
        position = found.end()
        tag = (found[2] or found[4] or "").lower()
        if found[1]:
            writer.close(tag)
        elif tag in _CLOSING:
            closed = None if tag in never_closed else _CLOSING[tag].search(markup, position)
            if closed is None:
                never_closed.add(tag)
                continue
            if tag in _VERBATIM:
                writer.verbatim(markup[position : closed.start()], found[3] or "", is_block=tag == "pre")
            position = closed.end()
        elif tag:
            writer.open(tag)
    writer.text(markup[position:])
    return writer.finish()


def _flow(text: str) -> str:
    """Collapse white space, but for the lines of displayed formulas."""
    if "$$" not in text:
        return _SPACE.sub(" ", text)
    pieces = _DISPLAY_MATH.split(text)
    return "".join(piece if i % 2 else _SPACE.sub(" ", piece) for i, piece in enumerate(pieces))


@dataclass(slots=True)
class _Prefix:
    """What lines in an item or quotation begin with: its first line, and the others."""

    tag: str
    first: str
    rest: str
    list_depth: int


class _Writer:
    """Turns tags and text into lines."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._newlines = 0  # to be written before the next text
        self._prefixes: list[_Prefix] = []
        self._lists: list[int] = []  # number of the last item; -1 in lists without numbers
        self._cells = 0

    def finish(self) -> str:
        return "".join(self._out).strip("\n").rstrip()

    def text(self, source: str) -> None:
        text = _flow(html.unescape(source))
        if self._newlines or not self._out or self._out[-1].endswith((" ", "\n")):
            text = text.lstrip(" ")
        if text:
            self._begin()
            self._out.append(text)

    def verbatim(self, source: str, attributes: str, *, is_block: bool) -> None:
        named = _LANGUAGE.search(attributes + (source[:100] if source.startswith("<code") else ""))
        code = html.unescape(_TAG.sub(lambda m: "\n" if m[2] == "br" else "", source))
        ticks = max((len(run) for run in _TICKS.findall(code)), default=0)
        if not is_block:
            mark = "`" * (ticks + 1)
            pad = " " if code.startswith("`") or code.endswith("`") else ""
            if code.strip():
                self._begin()
                self._out.append(f"{mark}{pad}{_SPACE.sub(' ', code)}{pad}{mark}")
            return
        code = code.strip("\n").rstrip()
        if not code:
            return
        fence = "`" * max(3, ticks + 1)
        self._break(2)
        self._begin()
        self._out.append(f"{fence}{named[1] if named and named[1] != 'none' else ''}")
        for line in (*code.split("\n"), fence):
            self._out.append(f"\n{self._prefix()}{line}".rstrip(" ") if not line else f"\n{self._prefix()}{line}")
        self._break(2)

    def _begin(self) -> None:
        if self._newlines and self._out:
            self._out[-1] = self._out[-1].rstrip(" ")
            self._out.append("\n" * self._newlines)
        if self._newlines or not self._out:
            self._out.append(self._prefix())
        self._newlines = 0

    def _prefix(self) -> str:
        line = ""
        for entry in self._prefixes[:_MAX_PREFIXES]:
            line += entry.first
            entry.first = entry.rest
        return line

    def _break(self, newlines: int) -> None:
        starts_item = bool(self._prefixes) and self._prefixes[-1].first != self._prefixes[-1].rest
        if self._out and not starts_item:  # the first paragraph of an item stands beside its mark
            self._newlines = max(self._newlines, newlines)

    def open(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._break(1 if self._lists else 2)
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._item()
        elif tag == "blockquote":
            self._break(2)
            self._prefixes.append(_Prefix(tag, "> ", "> ", len(self._lists)))
        elif tag in ("td", "th"):
            if self._cells:
                self.text(" | ")
            self._cells += 1
        else:
            self._block(tag)

    def _block(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._break(2)
        elif tag in _LINES:
            self._break(1)
            self._cells = 0

    def _item(self) -> None:
        self._leave("li", len(self._lists))
        self._break(1)
        mark = "* "
        if self._lists and self._lists[-1] >= 0:
            self._lists[-1] += 1
            mark = f"{self._lists[-1]}. "
        self._prefixes.append(_Prefix("li", mark, " " * len(mark), len(self._lists)))

    def close(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._leave("li", len(self._lists))
            if self._lists:
                self._lists.pop()
            self._break(1 if self._lists else 2)
        elif tag == "li":
            self._leave("li", len(self._lists))
            self._newlines = 1 if self._out else 0
        elif tag == "blockquote":
            self._leave(tag, 0)
            self._break(2)
        else:
            self._block(tag)

    def _leave(self, tag: str, list_depth: int) -> None:
        """Close the innermost item or quotation with all that is open in it, unless an outer list holds it."""
        for i in range(len(self._prefixes) - 1, max(-1, len(self._prefixes) - 1 - 4 * _MAX_PREFIXES), -1):
            if self._prefixes[i].tag == tag and self._prefixes[i].list_depth >= list_depth:
                del self._prefixes[i:]
                return
