"""The plain bytes of a WARC or ARC file, and where each of them lies in the file as stored.

Common Crawl compresses each record by itself, so that a reader can begin at any gzip member; others compress a file as
one, or not at all. After damage, reading goes on at the next member that begins a record.
"""

from __future__ import annotations

from collections import deque
from typing import IO, Any, Protocol

from isal import isal_zlib

from redpyjama.limits import MIB

_ISAL_ERROR: Any = isal_zlib.error  # untyped there
_DAMAGE = (_ISAL_ERROR, EOFError)
_MAGIC = b"\x1f\x8b\x08"
_READ_BYTES = 1 << 16
"""Compressed bytes at a time. What is left over after a member is copied, so less is faster than more."""
_PROBE_BYTES = 1 << 13
"""Compressed bytes that are enough to see how a member begins."""


class BeginsRecord(Protocol):
    """Says whether plain bytes begin a record."""

    def __call__(self, data: bytes, at: int = 0, /) -> bool: ...  # noqa: D102


class Damage(Exception):
    """``Damage(reason, offset)``: the stored data can't be read on; the next block comes from behind it."""


class PlainBlocks:
    """An uncompressed file, from its beginning."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._begun = False

    def next(self) -> tuple[bytes, int]:
        """Return the next plain bytes (none at the end) and the offset of the member they begin, or -1."""
        member = -1 if self._begun else 0
        self._begun = True
        return self._stream.read(4 * _READ_BYTES), member


class GzipBlocks:
    """A gzip file of one or many members, from the first member at or after *start* that begins a record."""

    def __init__(self, stream: IO[bytes], start: int, begins_record: BeginsRecord) -> None:
        self._stream = stream
        self._begins_record = begins_record
        self._member: Any = None
        self._member_start = self._offset = start
        self._pending = b""
        stream.seek(start)
        if start:
            self._find_member(start)

    def next(self) -> tuple[bytes, int]:
        """Return the next plain bytes (none at the end) and the offset of the member they begin, or -1.

        Raises:
            Damage: The member, or what should be one, is none.
        """
        while True:
            member = -1
            if self._member is None:
                if not self._at_member():
                    return b"", -1
                member = self._member_start = self._offset
                self._member = isal_zlib.decompressobj(wbits=31)
            data = self._decompress()
            if data:
                return data, member
            if not self._pending:
                self._check_end()
                return b"", member

    def _check_end(self) -> None:
        """Look behind a member that never ends: damage to its last bytes makes it swallow all that follow.

        Raises:
            Damage: There is a record behind its beginning.
        """
        if self._member is None:
            return
        self._member = None
        self._find_member(self._member_start + 1)
        if self._pending:
            raise Damage("a gzip member without an end", self._member_start)

    def _decompress(self) -> bytes:
        """Return up to 1 MiB of the member; less only at its end, or where the file ends."""
        pieces: list[bytes] = []
        room = MIB
        while room > 0 and self._member is not None and (self._pending or self._fill()):
            size = len(self._pending)
            try:
                piece: bytes = self._member.decompress(self._pending, room)
            except _DAMAGE as error:
                self._member = None
                self._find_member(self._member_start + 1)
                raise Damage(f"damaged gzip member ({error})", self._member_start) from error
            self._pending = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._offset += size - len(self._pending)
            if self._member.eof:
                self._member = None
            pieces.append(piece)
            room -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _fill(self) -> bool:
        more = self._stream.read(_READ_BYTES)
        self._pending += more
        return bool(more)

    def _at_member(self) -> bool:
        """Pass over zeros, which may pad members; say whether there is a member (and not the end)."""
        while True:
            while len(self._pending) < len(_MAGIC) and self._fill():
                pass
            kept = self._pending.lstrip(b"\0")
            self._offset += len(self._pending) - len(kept)
            self._pending = kept
            if kept.startswith(_MAGIC):
                return True
            if len(kept) >= len(_MAGIC) or not self._fill():
                break
        if not self._pending:
            return False
        junk = self._offset
        self._find_member(junk + 1)
        raise Damage(f"{self._offset - junk} bytes that are no gzip member", junk)

    def _find_member(self, start: int) -> None:
        """Move to the next member at or after *start* that begins a record, or to the end."""
        self._stream.seek(start)
        window = self._stream.read(_READ_BYTES)
        while window:
            more = self._stream.read(_READ_BYTES)
            place = window.find(_MAGIC)
            while place >= 0:
                if len(window) - place < _PROBE_BYTES:
                    window += more
                    more = b""
                if self._begins_record(_first_bytes(window[place : place + _PROBE_BYTES])):
                    self._pending, self._offset = window[place:] + more, start + place
                    return
                place = window.find(_MAGIC, place + 1)
            kept = window[1 - len(_MAGIC) :] if more or len(window) > _PROBE_BYTES else b""
            start += len(window) - len(kept)
            more = more or self._stream.read(_READ_BYTES)
            window = kept + more if more else b""
        self._pending, self._offset = b"", start


def _first_bytes(data: bytes) -> bytes:
    """Return the first plain bytes of what may be a gzip member; none where it is no member."""
    try:
        return isal_zlib.decompressobj(wbits=31).decompress(data, 4096)
    except _DAMAGE:
        return b""


class Cursor:
    """A place in the plain bytes.

    Attributes:
        data: Plain bytes at hand.
        at: The place in them.
        damage: Why no more bytes could be had, or None: then it was the end.
    """

    def __init__(self, blocks: PlainBlocks | GzipBlocks) -> None:
        self.data = b""
        self.at = 0
        self.damage: Damage | None = None
        self._blocks = blocks
        self._end = 0  # how many plain bytes were read
        self._members: deque[tuple[int, int]] = deque([(0, 0)])  # plain position and offset of the member at hand, ...

    @property
    def left(self) -> int:
        """How many bytes are at hand."""
        return len(self.data) - self.at

    def fill(self, count: int) -> bool:
        """Get *count* bytes at hand; say whether there are as many."""
        if self.left >= count:
            return True
        pieces = [self.data[self.at :] if self.at else self.data]
        have = len(pieces[0])
        while have < count and self.damage is None:
            piece = self._next()
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        self.data, self.at = (b"".join(pieces), 0)
        return have >= count

    def _next(self) -> bytes:
        try:
            data, member = self._blocks.next()
        except Damage as damage:
            self.damage = damage
            return b""
        if member >= 0:
            self._members.append((self._end, member))
        self._end += len(data)
        return data

    def resume(self) -> None:
        """Give up what is at hand, and go on behind the damage."""
        self.data, self.at, self.damage = b"", 0, None

    def leap(self, count: int, begins_record: BeginsRecord) -> None:
        """Pass over bytes that nobody wants, but over no member that begins a record."""
        while count and self.fill(1):
            step = min(count, self.left)
            ahead = self.member_within(step, begins_record)
            self.at += ahead if ahead >= 0 else step
            count = 0 if ahead >= 0 else count - step
            if self.left == 0 and self._starts_record(begins_record):
                return

    def _starts_record(self, begins_record: BeginsRecord) -> bool:
        """Say whether the next bytes are a new member that begins a record."""
        return self.fill(1) and self.place()[1] == 0 and begins_record(self.data, self.at)

    def place(self) -> tuple[int, int]:
        """Return the offset of the gzip member at hand (0 in a plain file), and the plain bytes since its beginning."""
        position = self._end - self.left
        while len(self._members) > 1 and self._members[1][0] <= position:
            self._members.popleft()
        plain, offset = self._members[0]
        return offset, position - plain

    def member_within(self, count: int, begins_record: BeginsRecord) -> int:
        """Return how far the next member is that begins a record, if within *count* bytes at hand; else -1."""
        position = self._end - self.left
        for plain, _ in self._members:
            ahead = plain - position
            if 0 < ahead < count and begins_record(self.data, self.at + ahead):
                return ahead
        return -1
