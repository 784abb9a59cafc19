"""The body of an archived HTTP response, as a browser would have seen it.

Archives hold responses as they came over the wire, or with encodings already taken off but still named in the header,
or half-way: so an encoding is taken off where the bytes show it, and believed to be off where they do not.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any

from backports import zstd
from isal import isal_zlib

from redpyjama import limits
from redpyjama.errors import LimitExceeded
from redpyjama.sources.web.warc import MAX_HEADER_BYTES, header_fields

_ISAL_ERROR: Any = isal_zlib.error  # untyped there


class BadPayload(ValueError):
    """The payload can't be decoded: ``BadPayload(reason)``."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response.

    Attributes:
        status: Status code; 200 where the block has no HTTP head (very old servers, resource records).
        headers: Fields with names in small letters.
        body: What follows the head, still encoded; `payload` decodes it.
    """

    status: int
    headers: dict[str, str]
    body: bytes


_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"(?:HTTP/[\d.]+|ICY)[ \t]+(\d{3})")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")


def parse_response(block: bytes) -> Response:
    """Split a record block into status, header and body."""
    status = _STATUS.match(block)
    if status is None:
        return Response(200, {}, block)
    end = _HEAD_END.search(block, 0, MAX_HEADER_BYTES)
    if end is None:
        return Response(int(status[1]), header_fields(block[:MAX_HEADER_BYTES]), b"")
    return Response(int(status[1]), header_fields(block[: end.start()]), block[end.end() :])


def payload(response: Response) -> bytes:
    """Return the body without transfer and content encodings.

    Raises:
        BadPayload: It is compressed and damaged.
        LimitExceeded: It unpacks to more than `limits.MAX_RECORD_BYTES`.
    """
    body = response.body
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        body = unchunked(body)
    encodings = response.headers.get("content-encoding", "").lower().split(",")
    for encoding in reversed(encodings[:4]):
        body = _decoded(body, encoding.strip())
    return body


def unchunked(body: bytes) -> bytes:
    """Return a chunked body's content; a body that isn't chunked as it is, and what follows a wrong size raw."""
    pieces: list[bytes] = []
    at = 0
    while True:
        size = _CHUNK.match(body, at)
        if size is None:
            return b"".join(pieces) + body[at:]
        count = int(size[1], 16)
        if count == 0:
            return b"".join(pieces)
        stop = size.end() + count
        if not (stop >= len(body) or body.startswith((b"\r\n", b"\n"), stop)):
            # The stated size is wrong. Without any good chunk before it, the body was no chunked one.
            return b"".join(pieces) + body[size.end() if pieces or size.end() - at <= 10 else at :]
        pieces.append(body[size.end() : stop])
        at = stop + (2 if body.startswith(b"\r\n", stop) else 1)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding in ("gzip", "x-gzip"):
        return _inflated(body, 31) if body.startswith(b"\x1f\x8b") else body
    if encoding == "deflate":
        return _inflated(body, 15) if body[:1] == b"\x78" else body
    if encoding == "br":
        return _unbrotlied(body)
    if encoding == "zstd" and body.startswith(b"\x28\xb5\x2f\xfd"):
        try:
            return zstd.ZstdDecompressor().decompress(body)
        except zstd.ZstdError as error:
            raise BadPayload(f"damaged zstd content ({error})") from error
    return body


def _inflated(body: bytes, wbits: int) -> bytes:
    decoder: Any = isal_zlib.decompressobj(wbits=wbits)
    try:
        data: bytes = decoder.decompress(body, limits.MAX_RECORD_BYTES)
    except (_ISAL_ERROR, zlib.error, EOFError) as error:
        raise BadPayload(f"damaged gzip content ({error})") from error
    if len(data) >= limits.MAX_RECORD_BYTES:
        raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, len(data))
    if not decoder.eof:
        raise BadPayload(f"gzip content ends after {len(data)} plain bytes")
    return data


def _unbrotlied(body: bytes) -> bytes:
    import brotli  # comes with fastwarc; few responses need it

    library: Any = brotli
    decoder: Any = library.Decompressor()
    try:
        data: bytes = decoder.process(body, output_buffer_limit=limits.MAX_RECORD_BYTES)
    except library.error as error:
        if b"<" in body[:1000]:  # the archive has decoded it, and kept the header
            return body
        raise BadPayload(f"damaged brotli content ({error})") from error
    if not decoder.is_finished():
        if len(data) >= limits.MAX_RECORD_BYTES:
            raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, len(data))
        raise BadPayload(f"brotli content ends after {len(data)} plain bytes")
    return data
