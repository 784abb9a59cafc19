"""Sorting more records than memory holds: sorted runs on the disk, merged when they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels.ngrams import RECORD_BYTES, RECORD_WORDS, add_equal, merge, radix_sort

Records = NDArray[np.uint64]
"""Records of `redpyjama.kernels.ngrams`: uint64 of shape (n, 3)."""

_MIN_BLOCK = 1 << 10  # records that are read of a run at a time, at least
_MAX_BLOCK = 1 << 21  # a read of more than 2 GiB may come back short
_MIN_ROOM = 1 << 12


def records(count: int) -> Records:
    """Make room for records; memory is taken when they are written."""
    return np.empty((count, RECORD_WORDS), np.uint64)


def floats(block: Records) -> NDArray[np.float32]:
    """Return the same memory as floats; the value's two are those of columns 4 and 5."""
    return block.view(np.float32)


class Sorter:
    """Takes records in any order and gives them back sorted, once."""

    def __init__(self, path: str, limit_bytes: int, *, add: bool) -> None:
        """Start.

        Args:
            path: Runs are written beside it, to files of this name and more.
            limit_bytes: Memory to use, about.
            add: Whether equal records become one, whose value is the sum.
        """
        self.num_runs = 0
        self._path = path
        self._add = add
        self._room = max(limit_bytes // (2 * RECORD_BYTES), _MIN_ROOM)
        self._fan = max((limit_bytes // RECORD_BYTES - _MIN_BLOCK) // _MIN_BLOCK, 2)
        self._block, self._spare = records(self._room), records(self._room)
        self._used = 0
        self._runs: list[str] = []

    def push(self, block: Records) -> None:
        """Take records in."""
        taken = 0
        while taken < len(block):
            if self._used == self._room:
                self._spill()
            count = min(self._room - self._used, len(block) - taken)
            self._block[self._used : self._used + count] = block[taken : taken + count]
            self._used += count
            taken += count

    def blocks(self) -> Iterator[Records]:
        """Yield all records in order, and forget them; a block is overwritten when the next one is asked for."""
        if not self._runs:
            found = self._sorted()
            self._block = self._spare = records(0)
            yield from (found[at : at + _MIN_ROOM] for at in range(0, len(found), _MIN_ROOM))
            return
        self._spill()
        self._block = self._spare = records(0)
        while len(self._runs) > self._fan:
            first, self._runs = self._runs[: self._fan], self._runs[self._fan :]
            self._write(self._merged(first))
        yield from self._merged(self._runs)

    def _sorted(self) -> Records:
        mine = self._block[: self._used]
        if radix_sort(mine, self._spare[: self._used]):
            self._block, self._spare = self._spare, self._block
            mine = self._block[: self._used]
        self._used = 0
        return mine[: add_equal(mine)] if self._add else mine

    def _spill(self) -> None:
        if self._used:
            self._write(iter([self._sorted()]))

    def _write(self, blocks: Iterator[Records]) -> None:
        path = f"{self._path}.run{self.num_runs}"
        self.num_runs += 1
        with open(path, "wb") as file:
            file.writelines(block.data for block in blocks)
        self._runs.append(path)

    def _merged(self, runs: list[str]) -> Iterator[Records]:
        room = min(max(2 * self._room // (len(runs) + 1), _MIN_BLOCK), _MAX_BLOCK)
        blocks = np.empty((len(runs), room, RECORD_WORDS), np.uint64)
        at, ends, heap = (np.zeros(len(runs), np.int64) for _ in range(3))
        out, used = records(room), 0
        files = [open(path, "rb", buffering=0) for path in runs]
        try:
            for run, file in enumerate(files):
                ends[run] = _read_into(file, blocks[run])
            while True:
                used, starved = merge(blocks, at, ends, self._add, heap, out, used)
                if starved >= 0:
                    at[starved], ends[starved] = 0, _read_into(files[starved], blocks[starved])
                elif not (at < ends).any():
                    break
                else:  # the last record stays: an equal one may follow
                    yield out[: used - 1]
                    out[0] = out[used - 1]
                    used = 1
            yield out[:used]
        finally:
            for file, path in zip(files, runs, strict=True):
                file.close()
                os.remove(path)


def _read_into(file: Any, block: Records) -> int:
    return file.readinto(block.data.cast("B")) // RECORD_BYTES


class Stream:
    """A file of records that is read from the beginning to the end.

    Attributes:
        block: The records at hand.
        at: The next of them.
        done: Whether no others follow these.
    """

    def __init__(self, path: str, room: int = 1 << 14) -> None:
        """Open the file; *room* is how many records are read at a time."""
        self._file = open(path, "rb", buffering=0)
        self._room = records(room)
        self.refill()

    def refill(self) -> None:
        """Read the next records; those at hand are gone."""
        self.block = self._room[: _read_into(self._file, self._room)]
        self.at = 0
        self.done = len(self.block) < len(self._room)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
