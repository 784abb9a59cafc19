"""Substrings of at least N bytes that stand in several places: two meetings.

A byte is in such a substring if it lies in a window of N bytes that stands elsewhere too. The windows with the same
anchor (see `redpyjama.kernels.substrings`) meet, with a hash of all of them that a shard has in a row; where all hashes
of an anchor are equal, so are the windows. Where several hashes meet, the second meeting compares windows: one shard
for each hash sends the text. So of a text that stands in many places, only what is around its ends is ever sent.

Source: Lee et al. 2022, "Deduplicating training data makes language models better", arXiv 2107.06499, section 4.1
(ExactSubstr).
Departs: bytes of UTF-8 instead of tokens of GPT-2, so that no tokenizer decides; no suffix array, so that no machine
must hold one; substrings do not cross documents; only whole characters are cut.
Two different runs of about 5/4 N bytes are taken as equal if their anchors and their 64-bit hashes agree; for unequal
runs with equal anchors the odds are 1 in 2^64, for others 1 in 2^128. All other comparisons are byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama import limits
from redpyjama.document import SPANS
from redpyjama.errors import UsageError
from redpyjama.stage import Meeting, SharedStep, Signal

REPEATED_SUBSTRING: Final = "repeated_substring"

_MIN_LENGTH: Final = 8
_GRAMS_PER_WINDOW: Final = 4
"""Anchors of N / 4 bytes (measured, N = 200): longer ones make more records, shorter ones stand by chance too."""


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in types.items()])


_STRETCH: Final = {
    "start": pa.int32(),
    "back": pa.uint16(),
    "windows": pa.uint16(),
    "times": pa.int32(),
    "hash": pa.uint64(),
}

ANCHORS: Final = _schema(key=pa.uint64(), row=pa.int64(), **_STRETCH)
"""What a shard sends first: a `substrings.Stretches`, each with its document; *start* is in its text."""

CANDIDATES: Final = _schema(shard=pa.int32(), row=pa.int64(), **_STRETCH, anchor=pa.uint64(), asked=pa.bool_())
"""Stretches whose anchor stands in enough places. *asked*: the shard sends the text. *anchor* is the key, as it met."""

TEXTS: Final = _schema(key=pa.uint64(), row=pa.int64(), **_STRETCH, text=pa.large_binary())
"""What a shard sends then: its candidates, and the text of those that it was asked for; empty for the others."""

RANGES: Final = _schema(shard=pa.int32(), row=pa.int64(), start=pa.int32(), stop=pa.int32(), cut=pa.int32())
"""Bytes [start, stop) of a text are in repeated substrings; [cut, stop) go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstringsParams:
    """What the step may be told.

    Attributes:
        group: Who meets.
        length: Bytes of the shortest substring that counts. Lee et al. take 50 tokens of GPT-2, which are about 200
            bytes of English.
        keep: "none" cuts a repeated substring wherever it stands, as Lee et al. do. "first" leaves it where it stands
            first in the order of shards, documents and bytes, and where it overlaps that place: each byte that goes
            stood before, with the same bytes around it.
        min_count: In how many places (of one document or of several) a substring must stand.
    """

    group: Literal["dump", "slice", "corpus"] = "slice"
    length: int = 200
    keep: Literal["none", "first"] = "none"
    min_count: int = 2

    def __post_init__(self) -> None:
        if not _MIN_LENGTH <= self.length <= limits.MAX_SUBSTRING_WINDOW:
            raise UsageError(f"substrings: length is {_MIN_LENGTH} to {limits.MAX_SUBSTRING_WINDOW} bytes", self.length)
        if self.min_count < 2:
            raise UsageError("substrings: min_count is at least 2: below, every text would go", self.min_count)


SIGNALS: Final[Mapping[str, Signal]] = {
    "repeated_substring_share": Signal(
        "float32", "Share of the bytes that lie in repeated substrings, the first ones too; 0 to 1.", "Lee et al. 2022"
    ),
    "repeated_substring_spans": Signal("int32", "Ranges of text that go.", "RedPyjama"),
    "repeated_substring_bytes_left": Signal("int32", "Bytes of text that stay.", "RedPyjama"),
}

SPAN_RULES: Final[Mapping[str, str]] = {REPEATED_SUBSTRING: "the text stands elsewhere too, word for word"}


def send_anchors(
    batches: Iterator[pa.RecordBatch], answers: pa.Table | None, params: SubstringsParams
) -> pa.RecordBatch:
    """Return the stretches of a shard, as `ANCHORS`.

    Args:
        batches: All documents of the shard in order, with the column "text".
        answers: None: there is no meeting before.
        params: Of the recipe.
    """
    from redpyjama.kernels import arrow, substrings  # compiled code: reading a recipe must not load it

    found: list[pa.RecordBatch] = []
    first_row = 0
    for batch in batches:
        offsets, data = arrow.buffers(batch["text"])
        for first, last in arrow.chunks(offsets):
            part = offsets[first : last + 1]
            stretches = substrings.find_stretches(data, part, params.length, params.length // _GRAMS_PER_WINDOW)
            document = np.repeat(np.arange(last - first), np.diff(stretches.doc_offsets))
            columns = [stretches.key, document + (first_row + first), stretches.start - part[document]]
            columns += [stretches.back, stretches.windows, stretches.times, stretches.hash]
            found.append(pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=ANCHORS))
        first_row += batch.num_rows
    return _joined(found, ANCHORS)


def meet_anchors(records: pa.Table, params: SubstringsParams) -> pa.Table:
    """Return `CANDIDATES` of one partition.

    Args:
        records: `ANCHORS` and the column "shard", in order of shard and row.
        params: Of the recipe.
    """
    keys = records["key"].to_numpy()
    order = np.argsort(keys)
    begins = _changes(keys[order])
    counts = np.add.reduceat(records["times"].to_numpy()[order].astype(np.int64), begins) if len(order) else begins
    lengths = np.diff(begins, append=len(order))
    chosen = np.sort(order[np.repeat(counts >= params.min_count, lengths)])
    found = records.take(pa.array(chosen)).combine_chunks()
    distinct = _Distinct(found)
    asked = np.zeros(found.num_rows, np.bool_)
    asked[distinct.first[distinct.shares_anchor]] = True
    columns = [found[name] for name in ("shard", "row", *_STRETCH, "key")]
    return pa.Table.from_arrays([*columns, pa.array(asked)], schema=CANDIDATES)


def send_texts(batches: Iterator[pa.RecordBatch], answers: pa.Table | None, params: SubstringsParams) -> pa.RecordBatch:
    """Return the candidates of a shard, as `TEXTS`.

    Args:
        batches: As for `send_anchors`.
        answers: `CANDIDATES` of this shard, in order of rows.
        params: Of the recipe.
    """
    from redpyjama.kernels import arrow, substrings

    assert answers is not None
    rows = answers["row"].to_numpy()
    starts = answers["start"].to_numpy().astype(np.int64)
    sizes = answers["windows"].to_numpy().astype(np.int64) + (params.length - 1)
    sizes[~answers["asked"].to_numpy()] = 0
    ends = np.concatenate([[0], np.cumsum(sizes)])
    text = np.empty(int(ends[-1]), np.uint8)
    first_row = 0
    for batch in batches:
        offsets, data = arrow.buffers(batch["text"])
        first, last = np.searchsorted(rows, [first_row, first_row + batch.num_rows])
        begins = offsets[rows[first:last] - first_row] + starts[first:last]
        substrings.copy(data, begins, ends[first : last + 1], text)
        first_row += batch.num_rows
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(text)]
    texts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(rows), buffers)
    columns = [_column(answers, name) for name in ("anchor", "row", *_STRETCH)]
    return pa.RecordBatch.from_arrays([*columns, texts], schema=TEXTS)


def meet_texts(records: pa.Table, params: SubstringsParams) -> pa.Table:
    """Return `RANGES` of one partition.

    Args:
        records: `TEXTS` and the column "shard", in order of shard and row.
        params: Of the recipe.
    """
    if not records.num_rows:
        return RANGES.empty_table()
    distinct = _Distinct(records)
    ranges = _ranges(records, distinct, params)
    # A row for each record and each range of its stretch.
    ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    bounds = np.searchsorted(ranges[:, 0], np.arange(len(distinct.first) + 1))
    record = distinct.order
    number = np.repeat(np.arange(len(distinct.first)), distinct.sizes)  # of the stretch of each record
    each = np.diff(bounds)[number]
    row = np.repeat(bounds[:-1][number], each) + _counting(each)
    record = np.repeat(record, each)
    low, high, first = ranges[row, 1], ranges[row, 2], distinct.first[ranges[row, 3]]

    shards, rows, starts, backs, windows, times = (
        records[name].to_numpy().astype(np.int64) for name in ("shard", "row", "start", "back", "windows", "times")
    )
    begin = starts[record]
    start = begin + low
    stop = begin + (times[record] - 1) * windows[record] + high - 1 + params.length
    cut = start.copy()
    if params.keep == "first":
        anchors = starts + backs
        same = (shards[record] == shards[first]) & (rows[record] == rows[first])
        # How many times in a row it stands before it is clear of the first place.
        missing = np.where(same, params.length - (anchors[record] - anchors[first]), 0)
        skipped = np.maximum(-(-missing // windows[record]), 0)
        cut = np.where(skipped < times[record], start + skipped * windows[record], stop)
    columns = [shards[record], rows[record], start, stop, cut]
    arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, RANGES, strict=True)]
    return pa.Table.from_arrays(arrays, schema=RANGES)


def mark(batch: pa.RecordBatch, first_row: int, answers: pa.Table, params: SubstringsParams) -> pa.RecordBatch:
    """Return `SIGNALS` and the column "spans" of a batch.

    Args:
        batch: Documents with the column "text", as the meetings saw them.
        first_row: The row of its first one in the shard.
        answers: `RANGES` of this shard, in order of rows.
        params: Of the recipe.
    """
    from redpyjama.kernels import arrow

    offsets, data = arrow.buffers(batch["text"])
    rows = answers["row"].to_numpy()
    first, last = np.searchsorted(rows, [first_row, first_row + batch.num_rows])
    rows = rows[first:last] - first_row
    origins = offsets[rows].astype(np.int64)
    start, stop, cut = (answers[name].to_numpy()[first:last] + origins for name in ("start", "stop", "cut"))
    sizes = np.diff(offsets).astype(np.int64)
    repeated = _summed(*_union(rows, start, stop), batch.num_rows)
    row, start, stop = _union(rows, cut, stop)
    start, stop = _whole_characters(data, start, stop)
    row, start, stop = (column[start < stop] for column in (row, start, stop))
    columns = {
        "repeated_substring_share": pa.array((repeated / np.maximum(sizes, 1)).astype(np.float32)),
        "repeated_substring_spans": pa.array(np.bincount(row, minlength=batch.num_rows).astype(np.int32)),
        "repeated_substring_bytes_left": pa.array((sizes - _summed(row, start, stop, batch.num_rows)).astype(np.int32)),
        "spans": _spans(row, start - offsets[row], stop - offsets[row], batch.num_rows),
    }
    return pa.RecordBatch.from_pydict(columns)


class _Distinct:
    """The distinct stretches of some records: those with one key together, the one that stands first being the first.

    Attributes:
        order: The records of the first stretch, of the second, and so on, each in order.
        sizes: How many records each stretch has.
        first: The first record of each.
        count: In how many places each stands.
        groups: Where those of each key begin, and the end.
        shares_anchor: Whether others have its key.
    """

    def __init__(self, records: pa.Table) -> None:
        keys, hashes = records["key"].to_numpy(), records["hash"].to_numpy()
        order = np.lexsort((hashes, keys))
        begins = np.union1d(_changes(keys[order]), _changes(hashes[order]))
        sizes = np.diff(begins, append=len(order))
        turn = np.lexsort((order[begins], keys[order[begins]]))
        self.sizes = sizes[turn]
        self.order = order[np.repeat(begins[turn], self.sizes) + _counting(self.sizes)]
        self.first = order[begins[turn]]
        self.count = _sums(records["times"].to_numpy()[self.order].astype(np.int64), np.cumsum(self.sizes) - self.sizes)
        self.groups = np.append(_changes(keys[self.first]), len(self.first))
        group_sizes = np.diff(self.groups)
        self.shares_anchor = np.repeat(group_sizes > 1, group_sizes)


def _ranges(records: pa.Table, distinct: _Distinct, params: SubstringsParams) -> NDArray[np.int64]:
    """Return the repeated windows of all distinct stretches, as `substrings.Ranges`."""
    from redpyjama.kernels import substrings

    alone = np.flatnonzero(~distinct.shares_anchor)
    others = np.flatnonzero(distinct.shares_anchor)
    windows = records["windows"].to_numpy().astype(np.int64)[distinct.first]
    backs = records["back"].to_numpy().astype(np.int64)[distinct.first]
    whole = np.column_stack([alone, np.zeros(len(alone), np.int64), windows[alone], alone])
    if not len(others):
        return whole
    text = records["text"].combine_chunks()
    _, ends, data = text.buffers()
    begins = np.frombuffer(ends, np.int64, len(text), offset=8 * text.offset)
    group_sizes = np.diff(distinct.groups)
    stretches = substrings.Distinct(
        groups=np.concatenate([[0], np.cumsum(group_sizes[group_sizes > 1])]),
        begin=begins[distinct.first[others]],
        back=backs[others],
        windows=windows[others],
        count=distinct.count[others],
    )
    found = substrings.repeated_windows(np.frombuffer(data, np.uint8), stretches, params.length, params.min_count)
    found[:, (0, 3)] = others[found[:, (0, 3)]]
    return np.concatenate([whole, found])


def _changes(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where a value begins that is not the one before."""
    return np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])[: len(values)])


def _sums(values: NDArray[np.int64], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.add.reduceat(values, begins) if len(values) else values


def _counting(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, ... up to each size, one after the other."""
    ends = np.cumsum(sizes)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches, schema=schema)
    return pa.RecordBatch.from_arrays([_column(table, name) for name in schema.names], schema=schema)


def _column(table: pa.Table, name: str) -> pa.Array:
    found = table[name].combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)


def _union(rows: Any, start: Any, stop: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return ranges of bytes in a batch, none of them empty, as ranges that neither overlap nor touch in a document."""
    order = np.argsort(start, kind="stable")
    order = order[start[order] < stop[order]]
    rows, start = rows[order], start[order]
    stop = np.maximum.accumulate(stop[order])
    begins = np.flatnonzero(np.concatenate([[True], (start[1:] > stop[:-1]) | (rows[1:] != rows[:-1])])[: len(rows)])
    ends = np.append(begins[1:], len(rows))[: len(begins)] - 1
    return rows[begins], start[begins], stop[ends]


def _whole_characters(data: Any, start: Any, stop: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ranges of bytes without the pieces of characters at their ends."""
    start, stop = start.copy(), stop.copy()
    for _ in range(3):
        start += (start < stop) & (data[np.minimum(start, stop - 1)] & 0xC0 == 0x80)
        stop -= (start < stop) & (stop < len(data)) & (data[np.minimum(stop, len(data) - 1)] & 0xC0 == 0x80)
    return start, stop


def _summed(rows: Any, start: Any, stop: Any, num_rows: int) -> NDArray[np.int64]:
    """Return how many bytes of each document lie in ranges that do not overlap."""
    return np.bincount(rows, weights=stop - start, minlength=num_rows).astype(np.int64)


def _spans(rows: Any, start: Any, stop: Any, num_rows: int) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=num_rows))]).astype(np.int32)
    columns = [
        pa.array(start.astype(np.int32)),
        pa.array(stop.astype(np.int32)),
        pa.repeat(pa.scalar(REPEATED_SUBSTRING), len(rows)),
        pa.repeat(pa.scalar(""), len(rows)),
    ]
    fields = [SPANS.value_type.field(i) for i in range(4)]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(columns, fields=fields)).cast(SPANS)


STEP: Final = SharedStep(
    name="substrings",
    version=1,
    params=SubstringsParams,
    meetings=(
        Meeting(send=send_anchors, meet=meet_anchors, records=ANCHORS, answers=CANDIDATES),
        Meeting(send=send_texts, meet=meet_texts, records=TEXTS, answers=RANGES),
    ),
    mark=mark,
    signals=SIGNALS,
    spans=SPAN_RULES,
)
