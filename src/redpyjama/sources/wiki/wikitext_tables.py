"""Tables in wikitext and HTML: taken away, or laid out as lines."""

from __future__ import annotations

import re

from redpyjama.sources.wiki.wikitext_templates import REMOVED

_WIKI = re.compile(r"^[ \t:*#\x03]*\{\||^[ \t\x03]*\|\}", re.MULTILINE)
_HTML = re.compile(r"<table\b[^<>]*>|</table\s*>", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"[^|\[\]{}]*\|(?!\|)")
_TABLE_LINE = re.compile(r"[ \t:]*[|!{]")


def replace(text: str, *, as_text: bool) -> str:
    """Take all tables away, or put their cells as lines of text in their place; tables within tables always go."""
    if "{|" in text:
        text = _replace(text, _WIKI, as_text=as_text)
    if "<table" in text or "<TABLE" in text:
        text = _replace(text, _HTML, as_text=False)
    return text


def _replace(text: str, pattern: re.Pattern[str], *, as_text: bool) -> str:
    out: list[str] = []
    position = depth = start = 0
    for found in pattern.finditer(text):
        if found[0][-1] == "|" or (found[0][0] == "<" and found[0][1] != "/"):
            if not depth:
                out.append(text[position : found.start()])
                start = found.end()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                out.append(_rows(text[start : found.start()]) if as_text else REMOVED)
                position = found.end()
    if depth:
        out.append(_unclosed(text[start:]))
        position = len(text)
    out.append(text[position:])
    return "".join(out)


def _unclosed(body: str) -> str:
    """A table that is never closed, or by a template only: it ends at the next heading, or keeps only its rows."""
    heading = re.search(r"^==", body, re.MULTILINE)
    table, after = (body[: heading.start()], body[heading.start() :]) if heading else (body, "")
    if not heading:
        lines = table.split("\n")[1:]
        after = "\n".join(line for line in lines if not _TABLE_LINE.match(line))
    return f"{REMOVED}\n{after}"


def _rows(body: str) -> str:
    """One line a row, cells separated by " | "; the body begins with the table's own attributes."""
    lines: list[str] = []
    cells: list[str] = []
    nested = 0
    for line in [*body.split("\n")[1:], "|-"]:
        bare = line.strip(" \t:\x03")
        if bare.startswith("{|"):
            nested += 1
        elif bare.startswith("|}") and nested:
            nested -= 1
        elif nested:
            continue
        elif bare.startswith("|-"):
            if any(cells):
                lines.append(" | ".join(cells))
            cells = []
        elif bare.startswith("|+"):
            lines.append(_cell(bare[2:]))
        elif bare[:1] in ("|", "!"):
            found = bare[1:].replace("!!", "||") if bare[0] == "!" else bare[1:]
            cells += [_cell(cell) for cell in found.split("||")]
        elif bare and cells:
            cells[-1] = f"{cells[-1]} {bare}".strip()
    return "\n\n" + "\n".join(line for line in lines if line) + "\n\n"


def _cell(source: str) -> str:
    given = _ATTRIBUTES.match(source)
    return (source[given.end() :] if given else source).strip()
