"""Aozora Bunko texts: Japanese books with readings and editors' notes in the line -> what a reader reads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LEGEND = re.compile(r"^-{20,}\n【テキスト中に現れる記号について】.{0,5000}?^-{20,}\n", re.MULTILINE | re.DOTALL)
_COLOPHON = re.compile(r"^底本：.*\Z", re.MULTILINE | re.DOTALL)
_NOT_THERE = re.compile(
    r"※［＃[^］]{0,200}?(?:U\+(?P<code>[0-9A-Fa-f]{4,6})|(?P<plane>[12])-(?P<row>\d{1,2})-(?P<cell>\d{1,2}))[^］]{0,200}］"
)
_NOTE = re.compile(r"［＃[^］]{0,300}］")
_RUBY = re.compile(r"《[^》《\n]{0,100}》")
_ACCENTED = re.compile(r"〔([^〕\n]{0,300}[A-Za-z][^〕\n]{0,300})〕")
_ACCENT = re.compile(r"([A-Za-z])([`'^~:&,/_])")
_COMBINING = {"`": 0x300, "'": 0x301, "^": 0x302, "~": 0x303, ":": 0x308, ",": 0x327, "_": 0x304}
_LIGATURES = {"ae&": "æ", "AE&": "Æ", "oe&": "œ", "OE&": "Œ", "s&": "ß", "a&": "å", "A&": "Å", "o/": "ø", "O/": "Ø"}
_LIGATURE = re.compile("|".join(_LIGATURES))


@dataclass(frozen=True, slots=True)
class AozoraBook:
    """A book.

    Attributes:
        text: Title, author and the book, without readings and notes.
        colophon: What it was typed from, and by whom.
    """

    text: str
    title: str
    author: str
    colophon: str


def is_aozora(text: str) -> bool:
    """Say whether a text is marked up as Aozora Bunko does."""
    return bool(_LEGEND.search(text[:5000])) or ("《" in text and "青空文庫" in text[-3000:])


def part(text: str) -> AozoraBook:
    """Take legend, colophon, readings and notes out; write characters that JIS lacks as what they are.

    Source: www.aozora.gr.jp/annotation; JIS X 0213 places through Python's own codec.
    """
    colophon = _COLOPHON.search(text)
    body = text[: colophon.start()] if colophon else text
    head = [line.strip() for line in _LEGEND.split(body)[0].split("\n") if line.strip()]
    is_headed = bool(_LEGEND.search(body)) and 2 <= len(head) <= 6
    body = _LEGEND.sub("\n", body)
    body = _ACCENTED.sub(lambda found: _spelled(found[1]), _NOTE.sub("", _NOT_THERE.sub(_character, body)))
    body = _RUBY.sub("", body).replace("｜", "").replace("※", "")
    body = re.sub(r"\n{4,}", "\n\n\n", "\n".join(line.rstrip() for line in body.split("\n"))).strip("\n")
    title, author = (head[0], head[-1]) if is_headed else ("", "")
    return AozoraBook(body, title, author, colophon[0].strip() if colophon else "")


def _character(found: re.Match[str]) -> str:
    if found["code"]:
        code = int(found["code"], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "〓"
    row, cell = int(found["row"]) + 0xA0, int(found["cell"]) + 0xA0
    if not (0xA1 <= row <= 0xFE and 0xA1 <= cell <= 0xFE):
        return "〓"
    data = bytes((row, cell)) if found["plane"] == "1" else bytes((0x8F, row, cell))
    try:
        return data.decode("euc_jis_2004")
    except UnicodeDecodeError:
        return "〓"  # the geta, by which Japanese printers show that they lack a character


def _spelled(text: str) -> str:
    """Put accents, which are typed behind their letters between brackets, on them."""
    text = _LIGATURE.sub(lambda found: _LIGATURES[found[0]], text)

    def accented(found: re.Match[str]) -> str:
        mark = _COMBINING.get(found[2])
        whole = unicodedata.normalize("NFC", found[1] + chr(mark)) if mark else found[0]
        return whole if len(whole) == 1 else found[0]

    return _ACCENT.sub(accented, text)
