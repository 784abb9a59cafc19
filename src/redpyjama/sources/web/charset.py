"""Which encoding a web page is in: what its bytes say before what anyone declares.

Of real pages about one in twenty-five is declared wrongly or not at all: legacy pages served as UTF-8, UTF-8 pages
declared as windows-1252, Shift_JIS under the server's default. Bytes that are valid UTF-8 beyond ASCII are UTF-8,
whatever the declaration; declarations are believed as far as the bytes bear them out; statistics decide the rest.
"""

from __future__ import annotations

import codecs
import functools
import re
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page as UTF-8.

    Attributes:
        data: Valid UTF-8, without byte order mark.
        charset: WHATWG name of the encoding it was in: "utf-8", "windows-1252", "shift_jis".
        repairs: Bytes (or sequences) that were invalid and became U+FFFD.
    """

    data: bytes
    charset: str
    repairs: int


def to_utf8(page: bytes, declared: str | None = None) -> Decoded:
    """Return a page as UTF-8, whatever it is in.

    Args:
        page: As it came over the wire, content encodings removed.
        declared: The charset of the HTTP header, or None.
    """
    if page.startswith(codecs.BOM_UTF8):
        return _decoded(page[3:], "utf-8")
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(page[2:], "utf-16le" if page[0] == 0xFF else "utf-16be")
    if page.isascii() and b"\x1b$" not in page:  # ISO-2022-JP is ASCII with escapes
        return Decoded(page, "utf-8", 0)
    if _is_utf8(page):
        return Decoded(page, "utf-8", 0)
    return _decoded(page, _charset(page, declared))


_META = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9_.:+-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9_.:+-]{2,40})", re.IGNORECASE)
_META_BYTES = 16_384
"""Where a declaration is looked for. Browsers stop at 1,024 bytes; real pages put scripts before it."""

_WESTERN = frozenset(("windows-1252", "iso-8859-15", "macintosh"))
"""Defaults of servers and editors: a weak statement where the bytes look otherwise."""

_MULTI_BYTE = frozenset(("shift_jis", "euc-jp", "iso-2022-jp", "euc-kr", "gbk", "gb18030", "big5"))

_CODECS = {
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "euc-jp": "euc_jis_2004",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""WHATWG name -> Python codec, where Python calls it otherwise or has a superset under another name.

Source: encoding.spec.whatwg.org, "Names and labels".
"""

_WHATWG = {
    "shift-jis": "shift_jis",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
    "cp874": "windows-874",
}


@functools.lru_cache(maxsize=512)
def whatwg_name(label: str | None) -> str | None:
    """Return the WHATWG encoding that a label ("latin1", "x-sjis") stands for; None for an unknown one."""
    codec = map_encoding_to_html5(label.strip().strip("\"'"), fallback_utf8=False) if label else None
    if not codec:
        return None
    name = codec.lower().replace("_", "-").replace("iso8859-", "iso-8859-").replace("cp125", "windows-125")
    return _WHATWG.get(name, name)


def _is_utf8(page: bytes) -> bool:
    try:
        page.decode()
    except UnicodeDecodeError:
        return False
    return True


def _charset(page: bytes, declared: str | None) -> str:
    """Return the encoding of a page that is no valid UTF-8."""
    if _is_damaged_utf8(page):
        return "utf-8"
    head = page[:_META_BYTES]
    meta = _META.search(head) or _XML.search(head)
    names = [whatwg_name(declared), whatwg_name(meta[1].decode("ascii") if meta else None)]
    stated = list(dict.fromkeys(n for n in names if n and not n.startswith("utf-")))
    guess = whatwg_name(detect_encoding(page)) or ""
    if not guess or guess.startswith("utf-"):  # the statistics give up on short texts
        guess = _east_asian(page) or "windows-1252"
    if guess in stated:
        return guess
    for name in stated:
        if name in _MULTI_BYTE:
            if _share_of_errors(page, name) < 0.001:
                return name
        elif name not in _WESTERN or not _looks_foreign(page, guess):
            return name
    return guess


def _is_damaged_utf8(page: bytes) -> bool:
    """Say whether nearly all bytes beyond ASCII form valid UTF-8 (some cut, or in an inserted legacy text)."""
    text = page.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text.translate(_NOT_ASCII)) if len(text) < 1 << 12 else _count_beyond_ascii(page)
    return beyond_ascii > 0 and broken * 4 < beyond_ascii


_NOT_ASCII = dict.fromkeys(range(128))


def _count_beyond_ascii(page: bytes) -> int:
    """Count lead bytes of valid or broken sequences: bytes from 0xC0 on."""
    return len(page.translate(None, bytes(range(0xC0))))


def _east_asian(page: bytes) -> str | None:
    """Return the East Asian encoding in which a page is all valid and mostly in the script that it is for."""
    for name, script in (("euc-kr", "\uac00-\ud7a3"), ("shift_jis", "\u3040-\u30ff"), ("euc-jp", "\u3040-\u30ff")):
        try:
            text = page.decode(_CODECS[name])
        except UnicodeDecodeError:
            continue
        if len(re.findall(f"[{script}]", text)) * 3 > len(re.findall(r"[^\x00-\x7f]", text)):
            return name
    return None


def _share_of_errors(page: bytes, name: str) -> float:
    text = page.decode(_CODECS.get(name, name), "replace")
    return text.count("\ufffd") / max(len(text), 1)


def _looks_foreign(page: bytes, guess: str) -> bool:
    """Say whether so much is beyond ASCII that it can't be a Western language, and statistics see another script."""
    beyond = len(page.translate(None, bytes(range(0x80))))
    letters = beyond + len(re.sub(rb"<[^>]*>|[^A-Za-z]", b"", page[:200_000]))
    return guess not in _WESTERN and beyond * 5 > letters


def _decoded(page: bytes, charset: str) -> Decoded:
    text = page.decode(_CODECS.get(charset, charset), "replace")
    data = text.encode("utf-8", "replace")  # some codecs let lone surrogates pass
    present = page.count(b"\xef\xbf\xbd") if charset == "utf-8" else 0
    return Decoded(data, charset, text.count("\ufffd") - present)
