r"""LaTeX bytes -> text without comments.

A ``%`` begins a comment unless it is escaped or lies where TeX reads characters as they are: ``\verb``, verbatim and
listing environments, and URLs.
"""

from __future__ import annotations

import codecs
import re

MARK = "\0"
r"""Stands where a comment was cut off the end of a line, until the text is finished: in a macro's body TeX reads on
at the next line's first character. No input holds it: `decode` takes NUL bytes out."""

VERBATIM = frozenset(
    "verbatim verbatim* Verbatim Verbatim* BVerbatim LVerbatim SaveVerbatim lstlisting minted alltt filecontents "
    "filecontents* tcblisting".split()
)
"""Environments whose content is not TeX."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DECLARED = re.compile(rb"\\usepackage\s*\[\s*([A-Za-z0-9_-]+)[^\]]{0,100}\]\s*\{\s*inputenc\s*\}")
_CODECS = {
    "ansinew": "cp1252",
    "applemac": "mac_roman",
    "ascii": "cp1252",
    "cp1252": "cp1252",
    "latin1": "cp1252",
    "latin2": "iso8859_2",
    "latin3": "iso8859_3",
    "latin4": "iso8859_4",
    "latin5": "iso8859_9",
    "latin9": "iso8859_15",
    "latin10": "iso8859_16",
    "cp850": "cp850",
    "cp437": "cp437",
    "cp866": "cp866",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1257": "cp1257",
    "koi8-r": "koi8_r",
    "koi8-ru": "koi8_u",
    "macce": "mac_latin2",
}
# The options of the inputenc package; it knows latin1 as what browsers know by that name, windows-1252.


def declared_encoding(data: bytes) -> str | None:
    """Return the codec that a file states through the inputenc package, None for UTF-8 or nothing."""
    found = _DECLARED.search(data)
    return _CODECS.get(found[1].decode().lower()) if found else None


def decode(data: bytes, declared: str | None = None) -> tuple[str, int]:
    r"""Decode a file, whatever it is in; lines end with ``\n``, and no NUL is left.

    Args:
        data: The file.
        declared: A codec that the project states, used where the bytes are no UTF-8.

    Returns:
        The text, and how many bytes or characters had to be replaced or taken out.
    """
    repairs = data.count(0)
    data = data.replace(b"\0", b"").removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decode_other(data, declared)
        repairs += text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return text, max(0, repairs)


def _decode_other(data: bytes, declared: str | None) -> str:
    """Decode what is not UTF-8 throughout: by declaration, or as UTF-8 where most of it is that."""
    if declared:
        return data.decode(declared, "replace")
    text = data.decode("utf-8", "replace")
    broken = text.count(_REPLACEMENT)
    sound = sum(c > "\x7f" for c in text) - broken
    return text if sound > broken else data.decode("cp1252", "replace")


_STOP = re.compile(
    r"\\[\\%]"
    r"|\\(?P<verb>verb\*?(?![a-zA-Z])|lstinline(?![a-zA-Z])|mintinline(?![a-zA-Z]))"
    r"|\\(?:url|nolinkurl|href|path)\s*(?P<url>\{[^{}\n]*\})"
    r"|\\begin\s*\{(?P<begin>" + "|".join(re.escape(n) for n in sorted({*VERBATIM, "comment"}, reverse=True)) + r")\}"
    r"|%"
)
INLINE_VERBATIM = re.compile(r"(?:\*|\[[^\]\n]*\])?(?:\{\w+\})?(?P<delimiter>[^a-zA-Z\s*{\\\[])[^\n]*?(?P=delimiter)")
r"""What follows ``\verb``, ``\lstinline[..]`` and ``\mintinline{..}``: text between equal characters on a line."""


def strip_comments(text: str) -> str:
    r"""Take comments out: lines that are nothing else whole, others up to their line's end, and comment environments.

    Nothing else changes; a comment at the end of a line leaves `MARK` before the line break.
    """
    kept: list[str] = []
    unclosed: set[str] = set()  # environments without an end from here on: looked for once, not once each
    start = position = 0
    while found := _STOP.search(text, position):
        position = found.end()
        if text[found.start()] == "%":
            start, position = _cut_line(text, start, found.start(), kept)
        elif found["verb"]:
            verbatim = INLINE_VERBATIM.match(text, position)
            position = verbatim.end() if verbatim else position
        elif found["begin"] and found["begin"] not in unclosed:
            end = text.find(f"\\end{{{found['begin']}}}", position)
            if end < 0:
                unclosed.add(found["begin"])
                continue
            position = end + len(found["begin"]) + 6
            if found["begin"] == "comment":
                kept.append(text[start : found.start()])
                start = position
    kept.append(text[start:])
    return "".join(kept)


def _cut_line(text: str, start: int, percent: int, kept: list[str]) -> tuple[int, int]:
    """Keep what precedes a comment; return where the next kept piece starts and where to look on."""
    line = text.rfind("\n", start, percent) + 1 or start
    end = text.find("\n", percent)
    end = len(text) if end < 0 else end
    is_whole_line = not text[line:percent].strip(" \t") and (line == 0 or text[line - 1] == "\n")
    if is_whole_line:
        kept.append(text[start:line])
        end = min(end + 1, len(text))
    else:
        kept.append(text[start:percent] + MARK)
    return end, end
