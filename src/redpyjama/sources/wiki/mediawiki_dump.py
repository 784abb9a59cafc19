"""A MediaWiki export file -> the bytes of its XML, whole or from the middle, and what its head says about the wiki."""

from __future__ import annotations

import bz2
import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import seven_zip, streams
from redpyjama.sources.wiki.mediawiki_xml import Piece
from redpyjama.store import paths

_CHUNK = 1 << 20
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 1 << 18
_BZ2_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")
_FIRST_STREAMS = 2 * limits.MIB
"""Where a second bzip2 stream begins in a multistream dump: the first holds the head alone (pbzip2's: 900 kB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiki:
    """What an export says about its wiki before the first page.

    Attributes:
        database: "enwiki"; empty where the head is missing.
        base: URL of the main page; empty where the head is missing.
        language: ``xml:lang``, "en"; empty where missing.
        namespaces: Number -> local name.
    """

    database: str = ""
    base: str = ""
    language: str = ""
    namespaces: dict[int, str] = field(default_factory=dict[int, str])


def container(path: str) -> str:
    """Return "plain", "multistream" (bzip2 that can be entered at any stream), "7z", "utf-16" or another compression.

    Raises:
        InputError: The file cannot be opened.
    """
    with paths.open_input(path) as stream:
        head = stream.read(_FIRST_STREAMS)
    kind = streams.kind_of(head)
    if kind == "bzip2" and _BZ2_STREAM.search(head, 1):
        return "multistream"
    return "utf-16" if head[:2] in _UTF16_MARKS else kind


def read_wiki(path: str) -> Wiki:
    """Return what the head of an export says; a broken or missing head says nothing."""
    head = bytearray()
    for piece in pieces(path, start=0, stop=None):
        head += piece.data
        if piece.damage or len(head) > _HEAD_BYTES or b"</siteinfo>" in head or b"<page>" in head:
            break
    page = head.find(b"<page>")
    text = bytes(head[: page if page >= 0 else _HEAD_BYTES]).decode("utf-8", "replace")

    def first(pattern: str) -> str:
        found = re.search(pattern, text)
        return html.unescape(found[1]).strip() if found else ""

    names = re.findall(r'<namespace key="(-?\d{1,6})"[^>]*?(?:/>|>([^<]*)</namespace>)', text)
    return Wiki(
        database=first(r"<dbname>([^<]{1,100})</dbname>"),
        base=first(r"<base>([^<]{1,1000})</base>"),
        language=first(r'<mediawiki\b[^>]*?\bxml:lang="([^"]{1,40})"'),
        namespaces={int(key): html.unescape(name) for key, name in names},
    )


def pieces(path: str, *, start: int, stop: int | None) -> Iterator[Piece]:
    """Yield the XML of an export, from the first record boundary at or after *start* on to the end.

    Pieces that begin at or after *stop* are not owned; the caller stops when the last owned page is complete.
    *start* and *stop* count bytes as stored, and apply to plain and multistream files; others are read whole.
    Offsets are those of the plain bytes (as UTF-8), in multistream files that of the compressed stream (as in
    Wikimedia's index).

    Raises:
        InputError: The file cannot be opened.
    """
    kind = container(path)
    with paths.open_input(path) as stream:
        if kind == "plain":
            yield from _plain(stream, start, stop)
        elif kind == "multistream":
            yield from _multistream(stream, start, stop)
        elif kind == "7z":
            yield from _seven_zip(stream, path)
        else:
            yield from _whole(stream)


def _plain(stream: IO[bytes], start: int, stop: int | None) -> Iterator[Piece]:
    stream.seek(start)
    position = start
    while True:
        wanted = min(_CHUNK, stop - position) if stop is not None and position < stop else _CHUNK
        data = stream.read(wanted)
        if not data and position:
            return
        yield Piece(data, position, owned=stop is None or position < stop)
        if not data:
            return
        position += len(data)


def _whole(stream: IO[bytes]) -> Iterator[Piece]:
    plain, _ = streams.plain(stream, "the dump")
    yield from _read_all(plain)


def _seven_zip(stream: IO[bytes], path: str) -> Iterator[Piece]:
    members = seven_zip.member_sizes(stream, path)
    wanted = [name for name in members if name.endswith(".xml")] or list(members)[:1]
    for name in wanted:
        stream.seek(0)
        with seven_zip.open_member(stream, "the dump", name) as plain:
            yield from _read_all(plain)


def _read_all(plain: IO[bytes]) -> Iterator[Piece]:
    decoder: codecs.IncrementalDecoder | None = None
    position = 0
    while True:
        try:
            data = plain.read1(_CHUNK)  # type: ignore[attr-defined]
        except (InputError, LimitExceeded) as error:
            yield Piece(b"", position, damage=str(error))
            return
        if not data and position:
            return
        if not position and data[:2] in _UTF16_MARKS:  # saved anew by an editor; XML allows it
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
        if decoder:
            data = decoder.decode(data).encode()
        yield Piece(data, position)
        if not data:
            return
        position += len(data)


def _multistream(stream: IO[bytes], start: int, stop: int | None) -> Iterator[Piece]:
    position = _next_stream(stream, start)
    while position is not None:
        owned = stop is None or position < stop
        end = damage = None
        try:
            for found in _one_stream(stream, position):
                if isinstance(found, int):
                    end = found
                else:
                    yield Piece(found, position, counts=False, owned=owned)
        except (OSError, EOFError, LimitExceeded) as error:
            damage = f"bzip2 stream is damaged: {error}"
        if end is None:
            yield Piece(b"", position, counts=False, owned=owned, damage=damage or "bzip2 stream ends too early")
            position = _next_stream(stream, position + 4)
            continue
        following = _next_stream(stream, end)
        if following != end and not _at_end(stream, end):
            yield Piece(b"", end, counts=False, owned=owned, damage="bytes between two bzip2 streams are none of them")
        position = following


def _one_stream(stream: IO[bytes], position: int) -> Iterator[bytes | int]:
    """Yield the plain bytes of the bzip2 stream at *position*, then the offset of what follows it."""
    decompressor: Any = bz2.BZ2Decompressor()
    stream.seek(position)
    taken = given = 0
    while not decompressor.eof:
        block = stream.read(1 << 18) if decompressor.needs_input else b""
        if decompressor.needs_input and not block:
            return
        taken += len(block)
        data = decompressor.decompress(block, _CHUNK)
        given += len(data)
        if given > max(limits.MIN_BYTES_FOR_RATIO, taken * limits.MAX_DECOMPRESSION_RATIO):
            raise LimitExceeded("MAX_DECOMPRESSION_RATIO", limits.MAX_DECOMPRESSION_RATIO, given // taken)
        if data:
            yield data
    yield position + taken - len(decompressor.unused_data)


def _next_stream(stream: IO[bytes], position: int) -> int | None:
    """Return where the first bzip2 stream at or after *position* begins."""
    overlap = 9
    before = b""
    stream.seek(position)
    while block := stream.read(1 << 18):
        data = before + block
        found = _BZ2_STREAM.search(data)
        if found:
            return position - len(before) + found.start()
        position += len(block)
        before = data[-overlap:]
    return None


def _at_end(stream: IO[bytes], position: int) -> bool:
    stream.seek(position)
    return not stream.read(1)
