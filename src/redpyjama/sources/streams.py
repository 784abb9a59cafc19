"""Compressed streams, recognised by their first bytes and kept from exploding.

What a file is called proves nothing: arXiv serves tar, gzip and plain TeX under the same ".gz".
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from typing import IO, Any

from backports import zstd
from isal import isal_zlib

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded

_ISAL_ERROR: Any = isal_zlib.error  # untyped there
_DAMAGE = (EOFError, OSError, zlib.error, _ISAL_ERROR, lzma.LZMAError, zstd.ZstdError)

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}


def kind_of(head: bytes) -> str:
    """Return "gzip", "bzip2", "xz", "zstd", "zip", "7z" or "plain" for the first bytes of a file."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "plain")


class _Counting(io.RawIOBase):
    """Compressed bytes on their way to a decompressor, counted."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self.inner.read(size)
        self.count += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seekable(self) -> bool:
        return False


class Decompressed(io.RawIOBase):
    """The plain bytes of a compressed stream.

    Attributes:
        position: Plain bytes read so far.

    Raises (from any read):
        InputError: The compressed data is damaged or ends too early; all bytes before the damage were delivered.
        LimitExceeded: More plain bytes for each compressed one than honest text gives.
    """

    def __init__(self, inner: IO[bytes], kind: str, name: str) -> None:
        self.name = name
        self.position = 0
        self._source = _Counting(inner)
        self._plain = _decoder(kind, self._source)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill *buffer* with plain bytes; 0 at the end."""
        try:
            data = self._plain.read1(len(buffer))  # not read(): that loses what precedes the damage
        except _DAMAGE as error:
            what = f"compressed data is damaged after {self.position} plain bytes ({error})"
            raise InputError(self.name, what) from error
        self.position += len(data)
        allowed = self._source.count * limits.MAX_DECOMPRESSION_RATIO
        if self.position > max(limits.MIN_BYTES_FOR_RATIO, allowed):
            ratio = self.position // max(self._source.count, 1)
            raise LimitExceeded("MAX_DECOMPRESSION_RATIO", limits.MAX_DECOMPRESSION_RATIO, ratio)
        buffer[: len(data)] = data
        return len(data)


class _Gzip:
    """Gzip members one after the other.

    The library's own file class reads ahead over the end of a member, so that a broken second member costs the first.
    """

    def __init__(self, source: _Counting) -> None:
        self._source = source
        self._pending = b""
        self._member: Any = None

    def read1(self, size: int) -> bytes:
        while True:
            self._pending = self._pending or self._source.read(1 << 16)
            ended = not self._pending
            if self._member is None:
                if ended:
                    return b""
                self._pending = self._pending.lstrip(b"\0")  # padding between members is allowed
                if not self._pending:
                    continue
                self._member = isal_zlib.decompressobj(wbits=31)
            data = self._member.decompress(self._pending, size)
            self._pending = self._member.unconsumed_tail
            if self._member.eof:
                self._pending = self._member.unused_data
                self._member = None
            elif ended and not data:
                raise EOFError("the stream ends inside a gzip member")
            if data:
                return data


def _decoder(kind: str, source: Any) -> Any:
    match kind:
        case "gzip":
            return _Gzip(source)
        case "bzip2":
            return bz2.BZ2File(source)
        case "xz":
            return lzma.LZMAFile(source)
        case "zstd":
            largest = {int(zstd.DecompressionParameter.window_log_max): 27}  # as `zstd --long` makes, and no more
            return zstd.ZstdFile(source, options=largest)
        case _:
            raise ValueError(kind)


def plain(stream: IO[bytes], name: str) -> tuple[io.BufferedReader, str]:
    """Return a buffered stream of the plain bytes, and the compression that was found ("plain" where there was none).

    Only one layer is taken off. The stream must be seekable: its first bytes are looked at and put back.
    """
    start = stream.tell()
    kind = kind_of(stream.read(8))
    stream.seek(start)
    if kind in ("gzip", "bzip2", "xz", "zstd"):
        return io.BufferedReader(Decompressed(stream, kind, name), 1 << 20), kind
    return io.BufferedReader(stream, 1 << 20) if not isinstance(stream, io.BufferedReader) else stream, "plain"  # type: ignore[arg-type]
