"""Titles and authors' names: a line of LaTeX -> a line of plain text."""

from __future__ import annotations

import re
import unicodedata

_MARKS = {"`": 0x300, "'": 0x301, "^": 0x302, "~": 0x303, "=": 0x304, ".": 0x307, '"': 0x308}
_LETTER_MARKS = {"u": 0x306, "r": 0x30A, "H": 0x30B, "v": 0x30C, "d": 0x323, "c": 0x327, "k": 0x328, "b": 0x331}
_ACCENT = re.compile(
    r"\\(?:([`'^~=.\"])\s*|([uvHcdbrk])(?:\s+|(?=\{)))(?:\{\s*(\\?[a-zA-Z])\s*\}|(\\?[ij](?![a-zA-Z])|[a-zA-Z]))"
)
_LETTERS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "LaTeX": "LaTeX", "TeX": "TeX", "textendash": "–",
    "textemdash": "—", "textquotesingle": "'", "ldots": "…", "dots": "…", "S": "§", "copyright": "©",
}  # fmt: skip
_LETTER = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?![a-zA-Z])(?:\{\}|\s+)?")
_NOTE = re.compile(
    r"\\(?:thanks|footnote|footnotetext|footnotemark|inst|altaffilmark|orcidlink|orcid|orcidID|email|fnref|corref|tnoteref"
    r"|thanksref|label|vspace|hspace|affil|affiliation|textsuperscript|IEEEauthorrefmark|cite)(?![a-zA-Z])\*?\s*"
    r"(?:\[[^\[\]]*\]\s*)?(?:\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})?"
)
_SPACING = re.compile(
    r"\\(?:\\\*?(?:\[[^\]]*\])?|newline(?![a-zA-Z])|linebreak(?![a-zA-Z])|quad(?![a-zA-Z])|[,;: /])|(?<!\\)~"
)
_COMMAND = re.compile(r"\\[a-zA-Z@]+\*?\s*(?:\[[^\[\]]*\])?")
_ESCAPED = re.compile(r"\\([&%$#_{}])")
_MATH = re.compile(r"(?<!\\)\$[^$]*\$")
_MARKER = re.compile(r"(?<!\\)\$\s*\^\s*(?:\{[^{}$]*\}|[^{}$\s]+)\s*\$|\^\{[\d,*\s]+\}")
_NAME_END = re.compile(
    r"\\and(?![a-zA-Z])|\\AND(?![a-zA-Z])|\\And(?![a-zA-Z])|[;\n]|,(?!\s*(?:Jr|Sr|III?)\b)|\band\b|\\quad|\\\\"
)
_NAME = re.compile(r"[^\W\d_][\w.'’ ‐-]*(?:[- ][^\W\d_][\w.'’-]*)+\Z")
_MAX_TITLE = 1000
_MAX_NAMES = 20
_MAX_NAME_WORDS = 5


def title_text(latex: str) -> str:
    """Return a title in plain text; mathematics between dollars stays as it is."""
    latex = _NOTE.sub("", latex[: _MAX_TITLE * 4])
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x01{len(kept) - 1}\x02"

    text = _plain(_MATH.sub(keep, latex))
    text = re.sub("\x01(\\d+)\x02", lambda found: kept[int(found[1])], text)
    return " ".join(text.split())[:_MAX_TITLE]


def author_names(authors: list[str]) -> list[str]:
    """Return the names in the arguments of author commands; empty where they cannot be told from addresses."""
    names: list[str] = []
    for argument in authors:
        entry = _MARKER.sub("", _NOTE.sub("", argument[: _MAX_TITLE * 4]))
        first_lines = re.split(r"\\\\|\n\s*\n", entry.strip())[0] if "\\and" not in entry.lower() else entry
        for piece in _NAME_END.split(first_lines):
            name = " ".join(_plain(piece).split()).strip(" .*†‡")
            if not name:
                continue
            if not _NAME.match(name) or len(name.split()) > _MAX_NAME_WORDS:
                return []
            names.append(name)
    return list(dict.fromkeys(names))


def credit(names: list[str]) -> str:
    """Return names as a line: "A, B and C", or the first ones "and others"."""
    if len(names) > _MAX_NAMES:
        return ", ".join(names[:_MAX_NAMES]) + " and others"
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _plain(text: str) -> str:
    text = _ACCENT.sub(_accented, text)
    text = _LETTER.sub(lambda found: _LETTERS[found[1]], text)
    text = _SPACING.sub(" ", text)
    text = _COMMAND.sub(" ", text)
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”").replace("`", "‘")
    text = _ESCAPED.sub("\x03\\1", text)
    text = re.sub(r"(?<!\x03)[{}]", "", text).replace("\x03", "")
    return re.sub(r"\s+([,.:;?!])", r"\1", re.sub(r"\\(.)", r"\1", text))


def _accented(found: re.Match[str]) -> str:
    letter = (found[3] or found[4]).lstrip("\\")
    return unicodedata.normalize("NFC", letter + chr(_MARKS[found[1]] if found[1] else _LETTER_MARKS[found[2]]))
