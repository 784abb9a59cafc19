"""What a Project Gutenberg file says of itself: title, author, dates, language, number, and whether it is free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redpyjama.sources import language_codes

PUBLIC_DOMAIN = "LicenseRef-Public-Domain-US"
COPYRIGHTED = "LicenseRef-Project-Gutenberg-copyrighted"

_MAX_CHARS = 40_000
"""Twice the longest licence text; beyond that it is no header."""
_FIELD = re.compile(r"^[ \t]*([A-Z][A-Za-z ]{2,28}?)[ \t]*:[ \t]*(\S.*(?:\n[ \t]{2,}\S.*)*)", re.MULTILINE)
_NUMBER = re.compile(r"\[\s*(?:e-?book|e-?text)\s*#?\s*(\d{1,6})\s*\]", re.IGNORECASE)
_NUMBER_IN_NAME = re.compile(r"(?:^|/)(?:pg)?(\d{1,6})(?:-[08h])?\.(?:txt|html?|epub)", re.IGNORECASE)
_FIRST_LINE = re.compile(
    r"project gutenberg(?:['’]s)?(?: (?:e-?book|e-?text|edition|presents))*(?: of|,|:)? (?P<title>.+?)"
    r"(?:,?\s+by (?P<author>[^,(#\n]+?))?\s*(?:,.*)?\s*(?:\n\s*\n|\n\s*\(?#|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_DATE = re.compile(
    r"(?:(?P<month>[A-Z][a-z]{2,8})\.?,?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>(?:19|20)\d\d)"
)
_SERIES = re.compile(r"\s*(?:\(?#\d+ in our series.*|\[from wiretap\].*|by \w+ #\d.*)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LANGUAGES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "latin": "la", "greek": "el", "finnish": "fi", "swedish": "sv", "danish": "da", "norwegian":
    "no", "hungarian": "hu", "polish": "pl", "czech": "cs", "russian": "ru", "chinese": "zh", "japanese": "ja",
    "tagalog": "tl", "catalan": "ca", "esperanto": "eo", "hebrew": "he", "welsh": "cy", "icelandic": "is",
    "romanian": "ro", "bulgarian": "bg", "serbian": "sr", "friulano": "fur", "frisian": "fy", "afrikaans": "af",
    "irish": "ga", "estonian": "et", "galician": "gl", "breton": "br", "occitan": "oc", "yiddish": "yi",
    "korean": "ko", "turkish": "tr", "arabic": "ar", "old english": "ang", "middle english": "enm", "scots":
    "sco", "interlingua": "ia", "sanskrit": "sa",
}  # fmt: skip
_COPYRIGHTED = re.compile(r"[^\n]*this is a copyrighted project gutenberg[^\n]*", re.IGNORECASE)
_FREE = re.compile(
    r"this e-?(?:book|text) is for the use of anyone anywhere.{0,400}?(?:whatsoever|no restrictions)"
    r"|the small print! ?for public domain e-?(?:books|texts)"
    r"|all of which are (?:confirmed as )?(?:in the )?public domain in the (?:us|united states)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a book; None or "" for what is not.

    Attributes:
        number: Project Gutenberg's number.
        released: When Project Gutenberg published it, ISO 8601 as precise as it says.
        language: ISO 639-1 or 639-3.
        licence: `PUBLIC_DOMAIN`, `COPYRIGHTED`, or None where the file does not say.
        evidence: The sentence that *licence* rests on.
        original_publication: Where and when the book itself was published, in words.
    """

    title: str | None = None
    author: str | None = None
    translator: str | None = None
    number: int | None = None
    released: str | None = None
    language: str | None = None
    licence: str | None = None
    evidence: str | None = None
    original_publication: str | None = None

    @property
    def url(self) -> str | None:
        """The page of the book."""
        return f"https://www.gutenberg.org/ebooks/{self.number}" if self.number else None


def parse(header: str, footer: str, name: str) -> Header:
    """Read what precedes and follows a book.

    Args:
        header: See `gutenberg.Parted`.
        footer: The same.
        name: The file's name, whose number counts where the header has none.
    """
    if not header and not footer:
        return Header()
    header, footer = header[:_MAX_CHARS], footer[:_MAX_CHARS]
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(header):
        fields.setdefault(found[1].lower(), " ".join(found[2].split()))
    first = _FIRST_LINE.search(header[:600])
    number = _NUMBER.search(header) or _NUMBER_IN_NAME.search(name)
    licence, evidence = _licence(header, footer)
    return Header(
        title=fields.get("title") or (_clean(first["title"]) if first else None),
        author=fields.get("author") or (_clean(first["author"]) if first and first["author"] else None),
        translator=fields.get("translator"),
        number=int(number[1]) if number else None,
        released=iso_date(fields.get("release date") or fields.get("posting date") or ""),
        language=_language(fields.get("language", "")),
        licence=licence,
        evidence=evidence,
        original_publication=fields.get("original publication"),
    )


def _clean(text: str) -> str:
    text = _SERIES.sub("", " ".join(text.split()))
    return text.strip(" ,.*")


def iso_date(text: str) -> str | None:
    """Return "1998-06" for "June, 1998", "2019-02-11" for "February 11, 2019"; None where there is no year."""
    found = _DATE.search(text)
    if not found:
        return None
    month = (found["month"] or "")[:3].lower()
    if month not in _MONTHS:
        return found["year"]
    date = f"{found['year']}-{_MONTHS.index(month) + 1:02d}"
    day = int(found["day"] or 0)
    return f"{date}-{day:02d}" if 1 <= day <= 31 else date


def _language(text: str) -> str | None:
    """Return the code of the first language that is named."""
    first = re.split(r"\s+(?:and|with)\s+|[,;/(]", text.strip().lower())[0].strip()
    return _LANGUAGES.get(first) or (language_codes.short_code(first) if len(first) <= 3 else None)


def _licence(header: str, footer: str) -> tuple[str | None, str | None]:
    if found := _COPYRIGHTED.search(header) or _COPYRIGHTED.search(footer):
        return COPYRIGHTED, f"Project Gutenberg: {_clean(found[0])}"
    if found := _FREE.search(header) or _FREE.search(footer):
        return PUBLIC_DOMAIN, f"Project Gutenberg: {' '.join(found[0].split())}"
    return None, None
