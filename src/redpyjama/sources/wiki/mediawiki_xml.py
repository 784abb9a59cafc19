"""Pages of a MediaWiki XML export (schemas 0.4 to 0.11), framed in its bytes.

In an export every ``<`` that is no tag is escaped, so ``<page>`` and ``</page>`` can be searched for: a break in the
middle costs one page, a page of any size passes in bounded memory, and a dump can be entered anywhere.
Of a history, only each page's latest revision is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from redpyjama import limits
from redpyjama.stage import Quarantined

_OPEN, _CLOSE, _END = b"<page>", b"</page>", b"</mediawiki>"
_REVISION, _REVISION_END = b"<revision>", b"</revision>"
_TRIM_BYTES = 8 * limits.MIB
_TIMESTAMP = re.compile(rb"<timestamp>([^<]{0,40})</timestamp>")
_ID = re.compile(rb"<id>(\d{1,18})</id>")
_TITLE = re.compile(rb"<title>([^<]{0,1024})</title>")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of an export, in order.

    Attributes:
        data: The bytes; empty where *damage* is set.
        offset: What locators of pages that begin in these bytes say.
        counts: Whether *offset* is that of the first byte and grows with each (else it holds for all of them).
        owned: Whether pages that begin here belong to the part that is read.
        damage: Why what follows does not continue what precedes.
    """

    data: bytes
    offset: int
    counts: bool = True
    owned: bool = True
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page element with one revision: the latest.

    Attributes:
        xml: From ``<page>`` to ``</page>``.
        offset: As its piece says.
    """

    xml: bytes
    offset: int


@dataclass(slots=True)
class _Window:
    """The bytes that are not settled yet, and where they came from."""

    data: bytearray = field(default_factory=bytearray)
    starts: list[int] = field(default_factory=list[int])
    pieces: list[Piece] = field(default_factory=list[Piece])

    def add(self, piece: Piece) -> None:
        self.starts.append(len(self.data))
        self.pieces.append(piece)
        self.data += piece.data

    def origin(self, index: int) -> tuple[int, bool]:
        """Return the locator offset of a byte, and whether it is owned."""
        i = bisect_right(self.starts, index) - 1
        piece = self.pieces[i]
        return piece.offset + (index - self.starts[i] if piece.counts else 0), piece.owned

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        del self.data[:count]
        first = max(0, bisect_right(self.starts, count) - 1)
        self.pieces = self.pieces[first:]
        self.starts = [start - count for start in self.starts[first:]]

    def clear(self) -> None:
        self.data.clear()
        self.starts.clear()
        self.pieces.clear()


def pages(pieces: Iterable[Piece]) -> Iterator[Page | Quarantined]:
    """Yield the pages that begin in owned pieces, in order; and what is broken.

    Args:
        pieces: Bytes of the export, going on after the owned ones for as long as their last page needs. Where the last
            one is owned, the export's end must be in it.
    """
    framer = _Framer()
    for piece in pieces:
        yield from framer.feed(piece)
        if framer.done:
            return
    yield from framer.finish()


class _Framer:
    """Between pages, or inside one whose beginning is known.

    Attributes:
        done: Nothing owned can follow.
    """

    def __init__(self) -> None:
        self.done = False
        self._tail = b""  # the last bytes seen
        self._last = Piece(b"", 0, owned=False)
        self._from_start = False
        self._window = _Window()
        self._inside = False
        self._origin = (0, True)
        self._seen = 0  # where in the window the search goes on
        self._trim_at = _TRIM_BYTES
        self._oversize = False

    def feed(self, piece: Piece) -> Iterator[Page | Quarantined]:
        self._from_start = self._from_start or not piece.offset
        if piece.damage:
            yield from self._cut(piece.damage)
            self._window.clear()
            if piece.owned:
                yield Quarantined(piece.damage, "", piece.offset)
            self._last = piece
            return
        self._window.add(piece)
        self._last = piece
        self._tail = (self._tail + piece.data[-64:])[-64:]
        while not self.done:
            if not self._inside and not self._enter():
                return
            frame = self._leave()
            if frame is None:
                return
            yield from frame

    def finish(self) -> Iterator[Page | Quarantined]:
        """Settle what is left when no byte follows."""
        yield from self._cut("the dump ends inside this page")
        tail, last = self._tail.rstrip(), self._last
        # A part that begins inside the closing tag sees no more than its end.
        ends = tail.endswith(_END) or (not self._from_start and _END.endswith(tail))
        if last.owned and not ends:
            offset = last.offset + (len(last.data) if last.counts else 0)
            yield Quarantined("the dump ends without </mediawiki>: it was cut off", "", offset)

    def _cut(self, reason: str) -> Iterator[Quarantined]:
        if self._inside:
            offset, owned = self._origin
            if owned:
                yield Quarantined(reason, label(self._window.data), offset)
            self._inside = False

    def _enter(self) -> bool:
        """Go to the next page that begins in the window, if there is one; its first byte becomes the window's."""
        window = self._window
        found = window.data.find(_OPEN)
        if found < 0:
            keep = next((k for k in range(len(_OPEN) - 1, 0, -1) if window.data.endswith(_OPEN[:k])), 0)
            window.drop(len(window.data) - keep)
            self.done = not self._last.owned and (not keep or not window.origin(0)[1])
            return False
        window.drop(found)
        self._origin = window.origin(0)
        self.done = not self._origin[1]
        self._inside, self._oversize = not self.done, False
        self._seen, self._trim_at = len(_OPEN), _TRIM_BYTES
        return self._inside

    def _leave(self) -> list[Page | Quarantined] | None:
        """Return what became of the page at the window's beginning; None while its end has not been seen."""
        window = self._window
        end = window.data.find(_CLOSE, self._seen)
        other = window.data.find(_OPEN, self._seen, end if end >= 0 else len(window.data))
        if other >= 0:
            frame: list[Page | Quarantined] = [*self._cut("the page is not closed before the next one begins")]
            window.drop(other)
            return frame
        if end < 0:
            self._seen = max(self._seen, len(window.data) - len(_CLOSE))
            if len(window.data) > self._trim_at:
                self._trim()
            return None
        self._inside = False
        stop = end + len(_CLOSE)
        whole = b"" if self._oversize else _latest_revision(bytes(window.data[:stop]))
        if self._oversize or len(whole) > limits.MAX_RECORD_BYTES:
            reason = f"exceeds MAX_RECORD_BYTES: the page has more than {limits.MAX_RECORD_BYTES} bytes"
            frame = [Quarantined(reason, label(window.data), self._origin[0])]
        else:
            frame = [Page(whole, self._origin[0])]
        window.drop(stop)
        return frame

    def _trim(self) -> None:
        """Drop all but the latest whole revision of a page that goes on; beyond the limit, all but its head."""
        window, keep = self._window, len(_CLOSE)  # the last bytes may be the beginning of a tag: they stay in place
        offset, owned = window.origin(len(window.data) - keep)
        data = _latest_revision(bytes(window.data))
        if len(data) > limits.MAX_RECORD_BYTES or self._oversize:
            self._oversize = True
            data = data[:4096] + data[-keep:]
        window.clear()
        window.add(Piece(data[:-keep], self._origin[0], counts=False))
        window.add(Piece(data[-keep:], offset, counts=self._last.counts, owned=owned))
        self._seen = len(data) - keep
        self._trim_at = max(_TRIM_BYTES, 2 * len(data))


def _latest_revision(xml: bytes) -> bytes:
    """Return a page, or the beginning of one, with no more than its latest whole revision (and a begun one after it).

    Latest by time, then by id; of equal ones, the later in the file.
    """
    first = xml.find(_REVISION)
    if first < 0 or xml.find(_REVISION, first + 1) < 0:
        return xml
    best, best_key, position = b"", (b"", -1), first
    while True:
        start = xml.find(_REVISION, position)
        end = xml.find(_REVISION_END, start) if start >= 0 else -1
        if end < 0:
            break
        position = end + len(_REVISION_END)
        stamp, number = _TIMESTAMP.search(xml, start, end), _ID.search(xml, start, end)
        key = (stamp[1] if stamp else b"", int(number[1]) if number else -1)
        if key >= best_key:
            best, best_key = xml[start:position], key
    return xml[:first] + best + xml[position:]


def label(xml: bytes | bytearray) -> str:
    """Return the page's id, or its title, or nothing: what is known of a broken page."""
    head = bytes(xml[:4096])
    head = head[: head.find(_REVISION)] if _REVISION in head else head
    found = _ID.search(head) or _TITLE.search(head)
    return found[1].decode("utf-8", "replace") if found else ""
