"""C4 as its publisher ships it: gzipped JSON lines of text, timestamp and url.

The same reader takes what others made in that form: CCNet and Dolma records, RedPajama's own release, and, by option,
records whose text lies in other fields, or plain text with one document a line.
C4's own rules for raw web pages are the step "c4", not this source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from redpyjama.document import Document
from redpyjama.sources import base, lines
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source

_JSON_NAMES = re.compile(r"\.(json|jsonl|ndjson)(\.(gz|zst|bz2|xz))?$")
_TEXT_NAMES = re.compile(r"\.(txt|utf8)(\.(gz|zst|bz2|xz))?$")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ISO_8601 = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?")
_BOM = b"\xef\xbb\xbf"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class C4Options:
    """What the records of these dumps look like.

    Attributes:
        format: "json": an object a line; "text": a document a line.
        text_fields: The fields whose strings, put together without a space, are the text.
        language: The language that the publisher states for the whole release (C4 "en"); "" where it states none.
    """

    format: Literal["json", "text"] = "json"
    text_fields: tuple[str, ...] = ("text",)
    language: str = "en"


class _Released(msgspec.Struct):
    """The record of the published files; whatever differs from it takes the slower way."""

    text: str
    timestamp: str
    url: str


_decode_released = msgspec.json.Decoder(_Released).decode


def dumps(inputs: list[str], options: C4Options) -> list[Dump]:
    """Return the files of records under *inputs*."""
    pattern = _TEXT_NAMES if options.format == "text" else _JSON_NAMES
    return base.name_dumps(base.files_under(inputs, lambda path: bool(pattern.search(path))))


def parts(dump: Dump, options: C4Options) -> list[Part]:
    """Cut plain files by bytes and compressed ones into stripes of lines."""
    del options
    return base.byte_parts(dump) if lines.is_plain(dump) else base.stripe_parts(dump)


def read(part: Part, options: C4Options) -> Iterator[Document | Skipped | Quarantined]:
    """Yield one document a line; offsets count bytes of the uncompressed file."""
    parse = _parse_text if options.format == "text" else _parse_json
    for item in lines.read(part):
        yield item if isinstance(item, Quarantined) else parse(item[0], item[1], options)


def _parse_json(offset: int, line: bytes, options: C4Options) -> Document | Quarantined:
    if options.text_fields == ("text",):
        try:
            record = _decode_released(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            return _document(record.text, offset, 0, record.url, record.timestamp, options)
    return _parse_other(offset, line, options)


def _parse_other(offset: int, line: bytes, options: C4Options) -> Document | Quarantined:
    repairs = 0
    try:
        try:
            record = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text, repairs = _repaired(line)
            record = json.loads(text, strict=False)
    except RecursionError:
        return Quarantined("is JSON nested too deeply to be a record", "", offset)
    except ValueError as error:
        return Quarantined(f"is not JSON: {error}", "", offset)
    if not isinstance(record, dict):
        return Quarantined(f"is JSON, but a {type(record).__name__} and not an object", "", offset)
    url, moment = _first(record, "url", "id", starts="http"), _first(record, "timestamp", "created", "date_download")
    values = [record.get(name) for name in options.text_fields]
    missing = [name for name, value in zip(options.text_fields, values, strict=True) if not isinstance(value, str)]
    if missing:
        there = ", ".join(list(record)[:8])
        reason = f"has no text: {' and '.join(missing)} not among its string fields ({there})"
        return Quarantined(f"{reason}; the option text_fields names others", url or "", offset)
    joined, surrogates = _SURROGATES.subn(_REPLACEMENT, "".join(str(value) for value in values))
    return _document(joined, offset, repairs + surrogates, url, moment, options)


def _parse_text(offset: int, line: bytes, options: C4Options) -> Document:
    text, repairs = _repaired(line.removesuffix(b"\r"))
    return _document(text, offset, repairs, None, None, options)


def _repaired(line: bytes) -> tuple[str, int]:
    """Decode as WHATWG says; return also how many replacement characters that took."""
    text = line.removeprefix(_BOM).decode("utf-8", "replace")
    return text, text.count(_REPLACEMENT) - line.count(_REPLACEMENT.encode())


def _first(record: dict[str, Any], *names: str, starts: str = "") -> str | None:
    """Return the first of these fields that holds a string, here or in the nested metadata (maybe as a JSON string)."""
    for key in (None, "meta", "metadata"):
        fields: Any = record if key is None else record.get(key)
        if isinstance(fields, str) and fields.startswith("{"):
            try:
                fields = msgspec.json.decode(fields)
            except (msgspec.DecodeError, RecursionError):
                continue
        if isinstance(fields, dict):
            for name in names:
                value: Any = fields.get(name)
                if isinstance(value, str) and value.startswith(starts):
                    return _SURROGATES.sub(_REPLACEMENT, value)
    return None


def _document(
    text: str, offset: int, repairs: int, url: str | None, moment: str | None, options: C4Options
) -> Document:
    return Document(
        text=text,
        record=url or f"byte {offset}",
        offset=offset,
        url=url,
        language=options.language or None,
        created=moment if moment and _ISO_8601.fullmatch(moment) else None,
        meta={"timestamp": moment or "", "url": url or "", "language": options.language, "source": "c4"},
        encoding_repairs=repairs,
    )


SOURCE = Source(
    slice="c4",
    version=1,
    options=C4Options,
    dumps=dumps,
    parts=parts,
    read=read,
    skips={},
)
