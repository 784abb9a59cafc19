"""Members of tar, zip and 7z archives, read without ever writing where an archive says.

A member's name only labels it. Names that point outside, links, devices and bombs are quarantined; nothing is extracted
to a path that comes from an archive.
"""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import streams
from redpyjama.sources.seven_zip import DAMAGE
from redpyjama.stage import Quarantined, Skipped

LINK = "link"
"""The rule under which links are skipped: what they point to is read under its own name, or lies outside."""


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file in an archive.

    Attributes:
        name: Its path in the archive, with forward slashes, never absolute, never with "..".
        offset: Where its data (tar) or header (zip) starts in the archive's plain bytes; -1 in 7z.
        num_bytes: Size as the archive states it.
        mtime: Seconds since 1970, 0 where unknown.
        read: Returns its bytes; valid until the next member is asked for. Raises `InputError` where the data is damaged
            and `LimitExceeded` beyond `limits.MAX_RECORD_BYTES`.
    """

    name: str
    offset: int
    num_bytes: int
    mtime: int
    read: Callable[[], bytes]


_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\~]|^[A-Za-z]:|\x00")


def is_archive(head: bytes) -> bool:
    """Say whether a file with these first 512 bytes is a tar, zip or 7z archive (not looking into compression)."""
    return streams.kind_of(head) in ("zip", "7z") or _is_tar(head)


def members(stream: IO[bytes], name: str) -> Iterator[Member | Skipped | Quarantined]:
    """Yield the members of an archive (tar, compressed tar, zip, 7z) in archive order.

    Args:
        stream: Seekable bytes of the archive.
        name: What to call it in reasons.

    Yields:
        Regular files; links as ``Skipped("link")``; what can't or must not be read as `Quarantined`. Where the archive
        is damaged, the members before the damage and one `Quarantined`.

    Raises:
        InputError: It is no archive.
    """
    head = stream.read(512)
    stream.seek(0)
    kind = streams.kind_of(head)
    if kind == "zip":
        yield from _limited(_zip_members(stream))
    elif kind == "7z":
        yield from _limited(_7z_members(stream))
    else:
        plain, kind = streams.plain(stream, name)
        try:
            first = plain.peek(512)[:512]
        except (InputError, LimitExceeded) as error:
            yield Quarantined(f"unreadable archive: {error}", name, 0)
            return
        if not _is_tar(first):
            raise InputError(name, "is no tar, zip or 7z archive")
        yield from _limited(_tar_members(plain))


def _is_tar(head: bytes) -> bool:
    if len(head) < 512:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _limited(found: Iterator[Member | Skipped | Quarantined]) -> Iterator[Member | Skipped | Quarantined]:
    """Refuse names that leave the archive, too many members, and too much in all."""
    count = total = 0
    for member in found:
        count += 1
        if count > limits.MAX_ARCHIVE_MEMBERS:
            yield Quarantined(f"exceeds MAX_ARCHIVE_MEMBERS: more than {limits.MAX_ARCHIVE_MEMBERS} members")
            return
        if not isinstance(member, Member):
            yield member
            continue
        total += member.num_bytes
        if total > limits.MAX_ARCHIVE_BYTES:
            yield Quarantined(f"exceeds MAX_ARCHIVE_BYTES: more than {limits.MAX_ARCHIVE_BYTES} bytes", member.name)
            return
        if _OUTSIDE.search(member.name):
            yield Quarantined("member name points outside the archive", member.name, member.offset)
        elif member.num_bytes > limits.MAX_RECORD_BYTES:
            reason = f"exceeds MAX_RECORD_BYTES: {member.num_bytes} > {limits.MAX_RECORD_BYTES}"
            yield Quarantined(reason, member.name, member.offset)
        else:
            yield member


def _readable_name(name: str) -> str:
    """Names in old archives are in any encoding: what is no UTF-8 is shown as replacement characters."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").removeprefix("./")


def _tar_members(plain: IO[bytes]) -> Iterator[Member | Skipped | Quarantined]:
    position = 0
    try:
        with tarfile.open(fileobj=plain, mode="r|", errors="surrogateescape") as archive:
            for info in archive:
                position = info.offset_data
                name = _readable_name(info.name)
                if info.isdir():
                    continue
                if info.issym() or info.islnk():
                    yield Skipped(LINK, name, info.offset_data)
                elif not info.isreg() or info.issparse():
                    yield Quarantined("member is a device, a pipe or a sparse file", name, info.offset_data)
                else:
                    read = _tar_reader(archive, info)
                    yield Member(name, info.offset_data, info.size, max(0, int(info.mtime)), read)
    except (tarfile.TarError, InputError, LimitExceeded, EOFError, ValueError, OverflowError) as error:
        yield Quarantined(f"archive is damaged: {error}", "", position)


def _tar_reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            stream = archive.extractfile(info)
            data = stream.read() if stream else b""
        except tarfile.TarError as error:
            raise InputError(info.name, f"archive ends inside this member ({error})") from error
        if len(data) != info.size:
            raise InputError(info.name, f"archive ends inside this member ({len(data)} of {info.size} bytes)")
        return data

    return read


def _zip_members(stream: IO[bytes]) -> Iterator[Member | Skipped | Quarantined]:
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Quarantined(f"archive is damaged: {error}", "", 0)
        return
    with archive:
        for info in archive.infolist():
            name = _readable_name(info.filename)
            mode = info.external_attr >> 16
            if info.is_dir():
                continue
            if mode & 0o170000 == 0o120000:
                yield Skipped(LINK, name, info.header_offset)
            elif info.flag_bits & 1:
                yield Quarantined("member is encrypted", name, info.header_offset)
            else:
                mtime = _zip_mtime(info.date_time)
                yield Member(name, info.header_offset, info.file_size, mtime, _zip_reader(archive, info))


def _zip_mtime(moment: tuple[int, int, int, int, int, int]) -> int:
    import calendar

    year, month, day = moment[:3]
    return calendar.timegm((*moment, 0, 0, 0)) if year >= 1980 and 1 <= month <= 12 and 1 <= day <= 31 else 0


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        allowed = max(limits.MIN_BYTES_FOR_RATIO, info.compress_size * limits.MAX_DECOMPRESSION_RATIO)
        if info.file_size > allowed:
            ratio = info.file_size // max(info.compress_size, 1)
            raise LimitExceeded("MAX_DECOMPRESSION_RATIO", limits.MAX_DECOMPRESSION_RATIO, ratio)
        try:
            with archive.open(info) as member:  # reads no more than the stated size, and checks the CRC at its end
                return member.read()
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(info.filename, f"member is damaged: {error}") from error

    return read


def _7z_members(stream: IO[bytes]) -> Iterator[Member | Skipped | Quarantined]:
    import py7zr  # 60 ms: only where there is a 7z
    from py7zr.exceptions import ArchiveError

    spool = _Spool()
    reason = ""
    try:
        with py7zr.SevenZipFile(stream) as archive:
            entries = [(info.filename, info.is_symlink) for info in archive.list() if not info.is_directory]
            archive.extractall(factory=cast(Any, spool))  # it asks for no more than create()
    except (ArchiveError, LimitExceeded, *DAMAGE) as error:
        # A damaged solid block takes what follows with it; what was unpacked before is whole.
        reason = f"archive is damaged: {error}"
        entries = [(name, False) for name in spool.files]
    with spool:
        for name, is_link in entries:
            if is_link:
                yield Skipped(LINK, name)
            elif (file := spool.files.get(name)) is not None:
                yield Member(_readable_name(name), -1, file.size(), 0, file.data)
        if reason:
            yield Quarantined(reason)


class _SpooledFile:
    """A 7z member: in memory while small, in an unnamed temporary file beyond that."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=16 * limits.MIB)

    def write(self, s: bytes) -> int:
        self._spool.count(len(s))
        return self._file.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        position = self._file.tell()
        end = self._file.seek(0, io.SEEK_END)
        self._file.seek(position)
        return end

    def data(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Called by py7zr after each member; the data is still wanted then."""

    def discard(self) -> None:
        self._file.close()


class _Spool:
    """Receives what py7zr unpacks, under names that never reach the file system."""

    def __init__(self) -> None:
        self.files: dict[str, _SpooledFile] = {}
        self._total = 0

    def create(self, filename: str) -> _SpooledFile:
        self.files[filename] = file = _SpooledFile(self)
        return file

    def count(self, num_bytes: int) -> None:
        self._total += num_bytes
        if self._total > limits.MAX_ARCHIVE_BYTES:
            raise LimitExceeded("MAX_ARCHIVE_BYTES", limits.MAX_ARCHIVE_BYTES, self._total)

    def __enter__(self) -> _Spool:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            file.discard()
