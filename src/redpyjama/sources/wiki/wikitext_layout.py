"""Lines of wikitext without its brackets -> paragraphs, lists and headings; and the tidying of what removals left."""

from __future__ import annotations

import re

OUTER_LINK = "\x04"
"""Stands before the label of a link that leads out of the wiki."""

BREAK = "\x05"
"""A line break within a paragraph, list item or heading."""

_REMOVED = "\x03"
_SEPARATOR = r"[;,:、；，،؛·/–—-]"
_AROUND: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"\x03(?:[ \t]{{0,3}}(?:{_SEPARATOR}[ \t]?){{0,3}}\x03)+"), "\x03"),
    (re.compile(rf"([(（\[]) ?(?:{_SEPARATOR} ?){{0,4}}\x03 ?(?:{_SEPARATOR} ?){{0,4}}"), r"\1" + "\x03"),
    (re.compile(rf"(?: ?{_SEPARATOR}){{0,3}} ?\x03 ?([)）\]])"), "\x03" + r"\1"),
)
_EMPTY_BRACKETS = re.compile(r" ?[(（\[]\x03{1,3} ?[)）\]]")
_BETWEEN = re.compile(r"([;,、；，،]) ?\x03 ?[;,、；，،]")
_BEFORE_PUNCTUATION = re.compile(r"[ \t]{1,3}\x03(?=[ .,;:!?)\n]|$)")
_MAX_BRACKETS = 3
"""Nested brackets that can be found empty, "(({{x}}))": more have not been met."""

_TERM_LEVEL = 7
"""A defined term (";") serves as a heading below all others: without text under it, it goes too."""

_QUOTES = re.compile(r"('{2,})")
_LIST = re.compile(r"[*#:;]+")
_WORD = re.compile(r"[\w\x01]")
_RUN = re.compile(r"[ \t]{2,}|\t")


def tidy(text: str) -> str:
    """Take away brackets, separators and spaces that stood around something that was removed, and the marks for it."""
    if _REMOVED not in text:
        return text
    for _ in range(_MAX_BRACKETS):
        for pattern, replacement in _AROUND:
            text = pattern.sub(replacement, text)
        text, count = _EMPTY_BRACKETS.subn(_REMOVED, text)
        if not count:
            break
    text = _BEFORE_PUNCTUATION.sub("", _BETWEEN.sub(r"\1", text))
    return text.replace(_REMOVED, "")


def lay_out(text: str) -> str:
    """Return the page's blocks, blank lines between them; headings without text under them go."""
    page = _Page()
    for line in text.split("\n"):
        page.add(line)
    return page.text()


class _Page:
    def __init__(self) -> None:
        self._blocks: list[tuple[int, list[str]]] = []  # heading level, or 0 for text; lines
        self._open = False  # the last block goes on
        self._in_list = False
        self._numbers: list[int] = []

    def add(self, line: str) -> None:
        first = line[:1]
        if "''" in line:
            line = without_quotes(line)
        if not first or not _WORD.search(line):
            self._end()
        elif first == "=" and (heading := _heading(line)):
            self._end()
            level, title = heading
            self._blocks.append((level, [title]))
        elif first in "*#:;":
            self._item(line)
        elif first == "|" or line.startswith(("{|", "!!")):
            pass  # a row whose table has no beginning
        elif first == " ":
            self._line(line[1:].replace(BREAK, "\n").replace(OUTER_LINK, "").rstrip(), in_list=False)
        else:
            for piece in _squeezed(line).split(BREAK):
                if piece.strip():
                    self._line(piece.strip(), in_list=False)

    def _end(self) -> None:
        self._open = False
        self._numbers = []

    def _line(self, line: str, *, in_list: bool) -> None:
        if self._open and (in_list or not self._in_list):
            self._blocks[-1][1].append(line)
        elif in_list and self._blocks and not self._blocks[-1][0] and self._in_list:
            self._blocks[-1][1].append(line)  # blank lines between items are for the editor's eye
        else:
            self._blocks.append((0, [line]))
        self._open, self._in_list = True, in_list
        if not in_list:
            self._numbers = []

    def _item(self, line: str) -> None:
        marks = _LIST.match(line)
        prefix = marks[0] if marks else ""
        body = line[len(prefix) :].strip()
        if body.startswith((OUTER_LINK, "http://", "https://")) or not _WORD.search(body):
            return  # a list of links, or a reference that was removed
        body = _squeezed(body).replace(BREAK, " ")
        depth = sum(mark in "*#" for mark in prefix)
        del self._numbers[depth:]
        self._numbers += [0] * (depth - len(self._numbers))
        kind = prefix[-1]
        if prefix == ";" and ": " not in body:
            self._end()
            self._blocks.append((_TERM_LEVEL, [body]))
            return
        if kind in ":;":
            indent = "  " * depth
            self._line(f"{indent}{body}", in_list=depth > 0)
            return
        if kind == "#":
            self._numbers[-1] += 1
        else:
            self._numbers[-1] = 0
        mark = f"{self._numbers[-1]}." if kind == "#" else "*"
        self._line(f"{'  ' * (depth - 1)}{mark} {body}", in_list=True)

    def text(self) -> str:
        kept: list[str] = []
        below = 0  # level of the kept block that follows: 9 for text, 0 for the end of the page
        for level, lines in reversed(self._blocks):
            if level and below <= level:
                continue
            kept.append("\n".join(lines))
            below = level or 9
        return "\n\n".join(reversed(kept))


def _squeezed(line: str) -> str:
    if OUTER_LINK in line:
        line = line.replace(OUTER_LINK, "")
    if "  " in line or "\t" in line:
        line = _RUN.sub(" ", line)
    return line


def _heading(line: str) -> tuple[int, str] | None:
    bare = line.strip()
    left = len(bare) - len(bare.lstrip("="))
    right = len(bare) - len(bare.rstrip("="))
    level = min(left, right, 6)
    title = _squeezed(bare[level:-level]).replace(BREAK, " ").strip() if level else ""
    return (level, title) if title and left < len(bare) else None


def without_quotes(line: str) -> str:
    """Take away the apostrophes that mean italic and bold, and leave those that are apostrophes.

    Where bold and italic are both odd in number, one bold is an apostrophe and an italic ("l'''amour''").

    Source: MediaWiki, `BlockLevelPass`/`Parser::doQuotes`: which one it is.
    """
    pieces = _QUOTES.split(line)
    runs = [len(run) for run in pieces[1::2]]
    bold = sum(run == 3 or run == 4 or run >= 5 for run in runs)
    italic = sum(run == 2 or run >= 5 for run in runs)
    apostrophe = -1
    if bold % 2 and italic % 2:
        triples = [i for i in range(1, len(pieces), 2) if len(pieces[i]) in (3, 4)]
        after_letter = (i for i in triples if re.search(r"(?:^|\s)\S$", pieces[i - 1][-2:]))
        after_word = (i for i in triples if pieces[i - 1][-1:].strip())
        apostrophe = next(after_letter, next(after_word, triples[0] if triples else -1))
    out: list[str] = []
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            out.append(piece)
        elif i == apostrophe or len(piece) == 4:
            out.append("'")
        elif len(piece) > 5:
            out.append("'" * (len(piece) - 5))
    return "".join(out)
