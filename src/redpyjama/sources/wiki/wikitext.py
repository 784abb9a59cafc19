"""Wikitext -> the text that a reader of the page sees, without what only layout and navigation need.

Kept: paragraphs, headings, lists, quotations, code, formulas (as LaTeX source), the words of links.
Removed: templates but for those of `wikitext_templates`, tables (unless asked for), references, files, categories,
links to other languages, comments, magic words, and the empty brackets and sections that removals leave.

Works from the inside out: a pattern that holds no other of its kind is replaced until none is left, at most
`limits.MAX_TEMPLATE_DEPTH` times, so that time is linear in the length whatever the nesting, and nothing recurses.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from redpyjama import limits
from redpyjama.sources.wiki import wikitext_layout, wikitext_tables, wikitext_tags
from redpyjama.sources.wiki.wikitext_names import CATEGORY_NAMES, FILE_NAMES, INTERLANGUAGE, INTERWIKI
from redpyjama.sources.wiki.wikitext_templates import PIPE, REMOVED, evaluate


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Namespace names, lower case, that links to files and categories begin with."""

    file: frozenset[str] = FILE_NAMES
    category: frozenset[str] = CATEGORY_NAMES


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# No possessive repeat of a group within a group: Python before 3.11.5 then gives the group a wrong start.
_TEMPLATE = re.compile(r"\{\{([^{}]*+(?:(?:\{(?!\{)|\}(?!\}))[^{}]*+)*)\}\}")
_PARAMETER = re.compile(r"\{\{\{([^{}|]*+)(?:\|([^{}]*+))?\}\}\}")
_OPEN_TEMPLATE_LINES = re.compile(r"^[ \t*:]*\{\{[^\n]*(?:\n[ \t]*[|}][^\n]*)*", re.MULTILINE)
_OPEN_TEMPLATE = re.compile(r"\{\{(?:[^{}|\n]{0,60}(?:\|[^{}|\n]{0,80}(?=\|))*\|(?:\S{1,40}$)?)?", re.MULTILINE)
_VARIANT = re.compile(r"-\{([^{}]*+)\}-")
_LINK = re.compile(r"\[\[([^\[\]]*+(?:(?:\[(?!\[)|\](?!\]))[^\[\]]*+)*)\]\]")
_OUTER_LINK = re.compile(
    r"\[(?:(?:https?|ftps?|mailto|news|ircs?|gopher|svn|git):|//)[^\s\[\]<>\"]*+[ \t]*([^\[\]\n]*+)\]", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MAGIC_WORD = re.compile(r"__[^\W\d_]{1,30}(?:_[^\W\d_]{1,30}){0,3}__")
_SPACES = str.maketrans({"\xa0": " ", "\u2009": " ", "\u202f": " ", "\xad": None, "\u200b": None, "\ufeff": None,
                         "\u2060": None})  # fmt: skip


def clean(wikitext: str, *, title: str = "", names: Names | None = None, tables: str = "drop") -> str:
    """Return the text of a page.

    Args:
        wikitext: Any string; what is no well-formed markup loses its brackets and stays as text.
        title: The page's title, for the templates that print it.
        names: Namespace names of the wiki; by default those of all Wikipedias that are known here.
        tables: "drop", or "text": cells of a row in one line, separated by " | ".

    Returns:
        Paragraphs, headings and lists, separated by blank lines; empty for a page without any text.
    """
    text = wikitext.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    text, kept = wikitext_tags.set_aside(text)
    text = _without_templates(text, title)
    if "-{" in text:
        text = _without_nesting(_VARIANT, text, lambda m: _variant(m[1]))
    text = wikitext_tables.replace(text.replace(PIPE, "|"), as_text=tables == "text")
    text = _without_links(text, names or Names())
    text = wikitext_tags.strip(text)
    if "__" in text:
        text = _MAGIC_WORD.sub(lambda m: "" if m[0] == m[0].upper() else m[0], text)
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
        text = _CONTROL_FROM_ENTITY.sub("", text)
    text = wikitext_layout.tidy(text.translate(_SPACES))
    return wikitext_tags.put_back(wikitext_layout.lay_out(text), kept)


_CONTROL_FROM_ENTITY = re.compile(r"[\x00\x06-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _without_nesting(pattern: re.Pattern[str], text: str, replace: wikitext_tags.Replace) -> str:
    for _ in range(limits.MAX_TEMPLATE_DEPTH):
        text, count = pattern.subn(replace, text)
        if not count:
            break
    return text


def _without_templates(text: str, title: str) -> str:
    if "{{" not in text:
        return text.replace("}}", "")
    if "{{{" in text:
        text = _without_nesting(_PARAMETER, text, lambda m: m[2] or "")
    text = _without_nesting(_TEMPLATE, text, lambda m: evaluate(m[1], title))
    if "{{" in text:
        # Never closed, or nested too deep: at the beginning of a line it is a box, whose lines begin with bars; inside
        # of one, its name and arguments go, but not the last: that may be the rest of the paragraph.
        text = _OPEN_TEMPLATE.sub("", _OPEN_TEMPLATE_LINES.sub("", text))
    return text.replace("}}", "")


def _variant(body: str) -> str:
    """Chinese and Serbian script variants: -{text}-, -{zh-hans:a;zh-hant:b}-; the first one is taken."""
    flag, bar, rest = body.partition("|")
    if bar:
        if set(flag.replace(";", "").strip()) & set("HTNL-"):
            return ""
        body = rest
    first = body.split(";", 1)[0]
    code, colon, value = first.partition(":")
    return value.strip() if colon and code.replace("-", "").strip().isascii() and "-" in code else body


def _without_links(text: str, names: Names) -> str:
    outer = "[" in text
    if outer:
        text = _OUTER_LINK.sub(_label, text)
    if "[[" in text:
        text = _without_nesting(_LINK, text, lambda m: _link(m[1], names))
        if "[[" in text:
            text = _open_links(text, names)
        if outer:
            text = _OUTER_LINK.sub(_label, text)
    return text.replace("]]", "")


def _label(found: re.Match[str]) -> str:
    return f"{wikitext_layout.OUTER_LINK}{found[1]}" if found[1] else REMOVED


def _link(body: str, names: Names) -> str:
    target, bar, label = body.partition("|")
    colon = target.find(":")
    if colon >= 0:
        prefix = target[:colon].strip().replace("_", " ").lower()
        if prefix in names.file or prefix in names.category or (prefix in INTERLANGUAGE and not label):
            return REMOVED
        if not bar:
            return target[colon + 1 :] if not prefix or prefix in INTERWIKI or prefix in INTERLANGUAGE else target
    if not bar:
        return target.lstrip("#")
    if not label.strip():  # [[Name (town)|]]
        return target[colon + 1 :].partition("(")[0].strip()
    return label


def _open_links(text: str, names: Names) -> str:
    """Take the brackets of links that are never closed; of files, the rest of the line too."""
    first, *rest = text.split("[[")
    out = [first]
    for piece in rest:
        prefix = piece[:40].partition(":")[0].strip().lower()
        is_file = prefix in names.file or prefix in names.category
        out.append(piece[piece.find("\n") :] if is_file and "\n" in piece else "" if is_file else piece)
    return "".join(out)
