"""Tags in wikitext: those whose content is no wikitext are set aside, the others are replaced or taken away."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from redpyjama.sources.raised import subscript, superscript
from redpyjama.sources.wiki.wikitext_layout import BREAK
from redpyjama.sources.wiki.wikitext_templates import REMOVED

Replace = Callable[[re.Match[str]], str]

_MARK = "\x01"

_REMOVED_WITH_CONTENT = (
    "ref references gallery timeline score imagemap templatestyles templatedata mapframe maplink graph chart hiero "
    "inputbox indicator categorytree includeonly charinsert languages phonos section dynamicpagelist quiz rss seo "
    "translate tvar style script"
).split()
_VERBATIM = "nowiki pre syntaxhighlight source math chem ce".split()
_OPEN = re.compile(
    r"<!--|<(" + "|".join(sorted((*_REMOVED_WITH_CONTENT, *_VERBATIM), key=len, reverse=True)) + r")(\s[^<>]*|/)?>",
    re.IGNORECASE,
)
_CLOSE = {tag: re.compile(rf"</{tag}\s*>", re.IGNORECASE) for tag in (*_REMOVED_WITH_CONTENT, *_VERBATIM)}
_LANGUAGE = re.compile(r"""\blang\s*=\s*["']?([\w+#.-]{1,30})""", re.IGNORECASE)
_MARKED = re.compile(rf"{_MARK}(\d+){_MARK}")


def set_aside(text: str) -> tuple[str, list[str]]:
    """Remove comments and the elements that show no text, and replace verbatim ones by marks.

    Returns:
        The text, and what `put_back` puts in place of the marks.
    """
    kept: list[str] = []
    out: list[str] = []
    never_closed: set[str] = set()
    position = 0
    while opened := _OPEN.search(text, position):
        start, stop = opened.span()
        tag = (opened[1] or "").lower()
        attributes = opened[2] or ""
        if not tag:
            out.append(text[position:start])
            end = text.find("-->", stop)
            position = end + 3 if end >= 0 else len(text)
            if (not out[-1] or out[-1].endswith("\n")) and text.startswith("\n", position):
                position += 1  # a comment that has the line for itself takes the line along
            continue
        if attributes.endswith("/"):
            out += (text[position:start], REMOVED)
            position = stop
            continue
        closed = None if tag in never_closed else _CLOSE[tag].search(text, stop)
        if closed is None:
            never_closed.add(tag)
            out.append(text[position:start])
            position = stop
            continue
        out.append(text[position:start])
        out.append(_instead(tag, attributes, text[stop : closed.start()], kept))
        position = closed.end()
    out.append(text[position:])
    return "".join(out), kept


def _instead(tag: str, attributes: str, content: str, kept: list[str]) -> str:
    if tag in _REMOVED_WITH_CONTENT or not content.strip():
        return REMOVED if tag in _REMOVED_WITH_CONTENT else ""
    value, is_block = _verbatim(tag, attributes, content)
    kept.append(value)
    mark = f"{_MARK}{len(kept) - 1}{_MARK}"
    return f"\n{mark}\n" if is_block else mark


def _verbatim(tag: str, attributes: str, content: str) -> tuple[str, bool]:
    """Return what is shown instead of the element, and whether it is a paragraph of its own."""
    if tag == "nowiki":
        return html.unescape(content), False
    if tag == "math":
        formula = " ".join(html.unescape(content).split())
        return (f"$${formula}$$", True) if "block" in attributes else (f"${formula}$", False)
    if tag in ("chem", "ce"):
        return f"$\\ce{{{content.strip()}}}$", False
    code = html.unescape(content) if tag == "pre" else content
    code = code.strip("\n").rstrip()
    if "inline" in attributes or (tag != "pre" and "\n" not in code and "line" in attributes):
        return f"`{code.strip()}`", False
    language = _LANGUAGE.search(attributes)
    return f"```{language[1].lower() if language and tag != 'pre' else ''}\n{code}\n```", True


def put_back(text: str, kept: list[str]) -> str:
    """Put what was set aside in place of its marks."""
    if not kept:
        return text
    return _MARKED.sub(lambda m: kept[int(m[1])] if int(m[1]) < len(kept) else "", text)


_SCRIPT = re.compile(r"<su([bp])(?:\s[^<>]*)?>([^<>]*)</su[bp]\s*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(span|div)\s[^<>]*display\s*:\s*none[^<>]*>[^<>]*</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})((?:\s|/)[^<>]*)?>")

_BLOCKS = "p div center blockquote poem table tr caption ul ol dl hr noinclude onlyinclude section article".split()
_INLINE = (
    "b i u s em strong small big span font abbr cite q dfn var kbd samp tt del ins strike bdi bdo data time wbr "
    "rb rp rtc ruby mark sub sup td th tbody thead tfoot a nobr blink nowiki ref references pre source syntaxhighlight "
    "math gallery includeonly br li dt dd code rt label"
).split()
_OPENED: dict[str, str] = (
    dict.fromkeys(_BLOCKS, "\n")
    | dict.fromkeys(_INLINE, "")
    | {"br": BREAK, "li": "\n* ", "dt": "\n", "dd": "\n", "code": "`", "p": "\n\n", "blockquote": "\n\n"}
    | {f"h{level}": "\n" + "=" * level for level in range(1, 7)}
)
_CLOSED: dict[str, str] = (
    dict.fromkeys(_BLOCKS, "\n")
    | dict.fromkeys(_INLINE, "")
    | {"code": "`", "br": BREAK, "p": "\n\n", "blockquote": "\n\n"}
    | {f"h{level}": "=" * level + "\n" for level in range(1, 7)}
)


def strip(text: str) -> str:
    """Take HTML tags away; text in angle brackets that is no known tag stays."""
    if "<" not in text:
        return text
    if "<su" in text or "<SU" in text:
        text = _SCRIPT.sub(lambda m: (subscript if m[1] in "bB" else superscript)(m[2]), text)
    if "none" in text:
        text = _HIDDEN.sub("", text)
    if "<rt" in text and "<rp" not in text:
        text = text.replace("<rt>", "(").replace("</rt>", ")")
    return _TAG.sub(_instead_of_tag, text)


def _instead_of_tag(found: re.Match[str]) -> str:
    table = _CLOSED if found[1] else _OPENED
    return table.get(found[2].lower(), found[0])
