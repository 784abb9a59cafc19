"""One large member of a 7z archive as a stream, without a temporary file and without holding it in memory.

`redpyjama.sources.archives` is for many small members; a wiki's history or a site's posts unpack to hundreds of
gigabytes. The library can only push what it unpacks, so it runs in a thread that a short queue holds back.
"""

from __future__ import annotations

import io
import lzma
import queue
import threading
import zlib
from collections.abc import Callable
from typing import IO, Any, cast

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded

_INPUT_BLOCK = 1 << 16
"""Compressed bytes unpacked at a time: the library hands over all that comes out of them, some MB of XML."""

_WAITING_CHUNKS = 2

DAMAGE = (EOFError, OSError, ValueError, LookupError, TypeError, AssertionError, lzma.LZMAError, zlib.error)
"""What the library raises for damaged archives, beside its own `ArchiveError`."""


class _Enough(Exception):
    """The reader went away, or has all it wanted: stops the thread."""


def member_sizes(stream: IO[bytes], name: str) -> dict[str, int]:
    """Return the members of a 7z archive and their unpacked sizes, in archive order; only the header is read.

    Raises:
        InputError: The header is damaged, or it is no 7z archive.
    """
    import py7zr  # 60 ms: only where there is a 7z
    from py7zr.exceptions import ArchiveError

    try:
        with py7zr.SevenZipFile(stream) as archive:
            found = {info.filename: int(info.uncompressed) for info in archive.list() if not info.is_directory}
    except (ArchiveError, *DAMAGE) as error:
        raise InputError(name, f"7z header is damaged: {error}") from error
    stream.seek(0)
    return found


def open_member(stream: IO[bytes], name: str, member: str) -> io.BufferedReader:
    """Return the plain bytes of one member; closing it early stops the unpacking.

    Args:
        stream: Seekable bytes of the archive; must not be used elsewhere until the result is closed.
        name: What to call the archive in reasons.
        member: Name of the member, one of `member_sizes`.

    Raises (from any read):
        InputError: The data is damaged; all bytes before the damage were delivered.
        LimitExceeded: More plain bytes for each compressed one than honest text gives.
    """
    return io.BufferedReader(_Member(stream, name, member), 1 << 20)


class _Writer:
    """What py7zr unpacks into."""

    def __init__(self, put: Callable[[bytes | None], None]) -> None:
        self._put = put

    def write(self, s: bytes) -> int:
        self._put(bytes(s))
        return len(s)

    def close(self) -> None:
        self._put(None)
        raise _Enough  # what follows in the archive need not be unpacked

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        """Nothing is held back."""

    def size(self) -> int:
        return 0

    def seekable(self) -> bool:
        return False


class _Member(io.RawIOBase):
    def __init__(self, stream: IO[bytes], name: str, member: str) -> None:
        self._name = name
        self._queue: queue.Queue[bytes | Exception | None] = queue.Queue(_WAITING_CHUNKS)
        self._stopped = threading.Event()
        self._current = memoryview(b"")
        self._ended = False
        self._position = 0
        start = stream.tell()
        self._compressed = stream.seek(0, io.SEEK_END)
        stream.seek(start)
        self._thread = threading.Thread(target=self._unpack, args=(stream, member), daemon=True)
        self._thread.start()

    def _put(self, chunk: bytes | Exception | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._queue.put(chunk, timeout=0.2)
            except queue.Full:
                continue
        raise _Enough

    def create(self, filename: str) -> _Writer:
        return _Writer(self._put)

    def _unpack(self, stream: IO[bytes], member: str) -> None:
        import py7zr
        from py7zr.exceptions import ArchiveError

        try:
            try:
                with py7zr.SevenZipFile(stream, blocksize=_INPUT_BLOCK) as archive:
                    archive.extract(targets=[member], factory=cast(Any, self))
                self._put(None)
            except (ArchiveError, *DAMAGE) as error:
                self._put(error)
        except _Enough:
            pass

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._current and not self._ended:
            found = self._queue.get()
            if isinstance(found, Exception):
                self._ended = True
                what = f"7z data is damaged after {self._position} plain bytes ({found})"
                raise InputError(self._name, what) from found
            if found is None:
                self._ended = True
            else:
                self._current = memoryview(found)
        count = min(len(buffer), len(self._current))
        buffer[:count] = self._current[:count]
        self._current = self._current[count:]
        self._position += count
        allowed = self._compressed * limits.MAX_DECOMPRESSION_RATIO
        if self._position > max(limits.MIN_BYTES_FOR_RATIO, allowed):
            ratio = self._position // max(self._compressed, 1)
            raise LimitExceeded("MAX_DECOMPRESSION_RATIO", limits.MAX_DECOMPRESSION_RATIO, ratio)
        return count

    def close(self) -> None:
        if not self.closed:
            self._stopped.set()
            self._thread.join()
        super().close()
