"""Line framing: a byte stream -> (offset, line), whole lines only, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, cast

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import streams
from redpyjama.stage import Dump, Part, Quarantined
from redpyjama.store import paths

STRIPE_LINES = 1024
"""Lines that stay together in a stripe: long enough that a row group's documents are neighbours in the dump."""

_CHUNK = 1 << 20


def is_plain(dump: Dump) -> bool:
    """Say whether lines of this dump can be read from any byte on: it is not compressed.

    Raises:
        InputError: It is an archive, not a stream of lines, or cannot be opened.
    """
    with paths.open_input(dump.path) as stream:
        kind = streams.kind_of(stream.read(8))
    if kind in ("zip", "7z"):
        raise InputError(dump.path, f"is a {kind} archive where a file of lines is expected", "unpack it first")
    return kind == "plain"


def read(part: Part) -> Iterator[tuple[int, bytes] | Quarantined]:
    """Yield the lines of a part, without their line ends, each with its byte offset in the plain stream.

    Blank lines are left out. A line beyond `limits.MAX_RECORD_BYTES` is quarantined and reading goes on after it;
    damage in a compressed stream ends it with one `Quarantined`, after all whole lines before it.
    """
    with paths.open_input(part.dump.path) as stream:
        plain, kind = streams.plain(stream, part.dump.name)
        if kind == "plain":
            plain.seek(max(part.start - 1, 0))
            yield from _bytes_of(part, _lines(cast("IO[bytes]", plain), max(part.start - 1, 0)))
        else:
            yield from _stripe_of(part, _lines(cast("IO[bytes]", plain), 0))


def _bytes_of(
    part: Part, lines: Iterator[tuple[int, bytes] | Quarantined]
) -> Iterator[tuple[int, bytes] | Quarantined]:
    """Keep the lines that begin in [start, stop); the first one read began one byte earlier, in another part."""
    for item in lines:
        offset = item.offset if isinstance(item, Quarantined) else item[0]
        if part.stop is not None and offset >= part.stop:
            return
        if offset >= part.start and (isinstance(item, Quarantined) or item[1].strip()):
            yield item


def _stripe_of(
    part: Part, lines: Iterator[tuple[int, bytes] | Quarantined]
) -> Iterator[tuple[int, bytes] | Quarantined]:
    for number, item in enumerate(lines):
        mine = number // STRIPE_LINES % part.num_stripes == part.stripe
        if mine and (isinstance(item, Quarantined) or item[1].strip()):
            yield item


def _lines(stream: IO[bytes], offset: int) -> Iterator[tuple[int, bytes] | Quarantined]:
    carry = b""
    too_long = 0  # bytes of an oversized line that were thrown away so far
    while True:
        try:
            chunk: bytes = stream.read1(_CHUNK)  # type: ignore[attr-defined]  # read() would lose what precedes damage
        except (InputError, LimitExceeded) as error:
            yield Quarantined(str(error), "", offset)
            return
        if not chunk:
            break
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = carry + lines[0]
            carry = b""
        for line in lines:
            if too_long or len(line) > limits.MAX_RECORD_BYTES:
                length = too_long + len(line)
                yield _oversized(length, offset)
                too_long = 0
            else:
                length = len(line)
                yield offset, line
            offset += length + 1
        carry += rest
        if too_long or len(carry) > limits.MAX_RECORD_BYTES:
            too_long, carry = too_long + len(carry), b""
    if too_long:
        yield _oversized(too_long + len(carry), offset)
    elif carry:
        yield offset, carry


def _oversized(length: int, offset: int) -> Quarantined:
    return Quarantined(f"exceeds MAX_RECORD_BYTES: a line of {length} > {limits.MAX_RECORD_BYTES} bytes", "", offset)
