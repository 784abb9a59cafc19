"""Lines and paragraphs that stand in several documents: one meeting.

A shard sends each distinct line once, however many of its documents have it: lines that every page of a crawl has are
as many records as there are shards, not documents. The meeting answers each shard which of its lines to cut.

Source: Wenzek et al. 2020, CCNet, arXiv 1911.00359, section 3.1, and facebookresearch/cc_net, dedup.py: a line goes
from all documents of a group if more than one has it, and of repeats within a document the first stays.
Departs: hashes are `kernels.word_hash`'s instead of the first eight bytes of SHA-1; all shards of a group are compared
with one another, where cc_net misses a line that stands once in each of several sets of hashes.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.document import SPANS
from redpyjama.errors import UsageError
from redpyjama.stage import Meeting, SharedStep, Signal

if TYPE_CHECKING:
    from redpyjama.kernels.line_keys import Units

REPEATED_LINE: Final = "repeated_line"

RECORDS: Final = pa.schema(
    [
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("line", pa.uint64(), nullable=False),
        pa.field("documents", pa.int32(), nullable=False),
    ]
)
"""What a shard sends: a distinct line, its first document there, and how many have it. *line* is the key again: it
comes back with the answer, whatever the graph mixed into *key*."""

ANSWERS: Final = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("line", pa.uint64(), nullable=False),
        pa.field("stays", pa.bool_(), nullable=False),
    ]
)
"""A line to cut from the documents of a shard; *stays*: but not from the one in *row*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesParams:
    """What the step may be told; the defaults are CCNet's.

    Attributes:
        group: Who meets: the documents of a dump, as in CCNet, of the slice, or of the corpus. "document": none, only
            repeats within a document go, as in RedPajama V2.
        unit: What is compared; see `redpyjama.kernels.line_keys.find_units`.
        normalisation: What makes two of them equal; see `redpyjama.kernels.line_tables`.
        keep: "none" cuts a repeated line from every document, "first" from all but the first one that has it.
        min_count: In how many documents a line must stand to be cut.
        min_chars: Shorter lines (normalised) are never cut; CCNet cuts even empty ones. 1 keeps what has no text.
        within: Whether of repeats within one document all but the first are cut.
    """

    group: Literal["document", "dump", "slice", "corpus"] = "dump"
    unit: Literal["lines", "paragraphs"] = "lines"
    normalisation: Literal["ccnet", "folded"] = "ccnet"
    keep: Literal["none", "first"] = "none"
    min_count: int = 2
    min_chars: int = 0
    within: bool = True

    def __post_init__(self) -> None:
        if self.min_count < 2:
            raise UsageError("lines: min_count is at least 2: below, every line would go", self.min_count)


SIGNALS: Final[Mapping[str, Signal]] = {
    "duplicate_lines": Signal("int32", "Lines (or paragraphs) cut because they stand elsewhere too.", "CCNet"),
    "duplicate_line_share": Signal("float32", "Their share of the characters, line ends included; 0 to 1.", "CCNet"),
    "ccnet_original_length": Signal("int32", "Characters before lines are cut; 1 or more.", "CCNet, RedPajama V2"),
    "ccnet_original_nlines": Signal(
        "int32", "Lines (or paragraphs) before any are cut; 1 or more.", "CCNet, RedPajama V2"
    ),
    "lines_left": Signal("int32", "Lines (or paragraphs) left that are not blank; 0: nothing is left.", "RedPyjama"),
}

SPAN_RULES: Final[Mapping[str, str]] = {REPEATED_LINE: "the line or paragraph stands in other documents too, or before"}


def send(batches: Iterator[pa.RecordBatch], answers: pa.Table | None, params: LinesParams) -> pa.RecordBatch:
    """Return the distinct lines of a shard, as `RECORDS`.

    Args:
        batches: All documents of the shard in order, with the column "text".
        answers: None: there is no meeting before.
        params: Of the recipe.
    """
    if params.group == "document":
        return pa.RecordBatch.from_pylist([], schema=RECORDS)
    keys: list[NDArray[np.uint64]] = []
    rows: list[NDArray[np.int32]] = []
    first_row = 0
    for batch in batches:
        units = _units(batch, params)
        takes_part = (units.first == np.arange(len(units.first))) & (units.chars >= params.min_chars)
        keys.append(units.key[takes_part])
        rows.append((_documents(units)[takes_part] + first_row).astype(np.int32))
        first_row += batch.num_rows
    key = np.concatenate([*keys, np.zeros(0, np.uint64)])
    row = np.concatenate([*rows, np.zeros(0, np.int32)])
    keys.clear()
    rows.clear()
    order, begins = _runs(key)
    if not len(order):
        return pa.RecordBatch.from_pylist([], schema=RECORDS)
    distinct = pa.array(key[order[begins]])
    counts = np.diff(begins, append=len(order)).astype(np.int32)
    first = np.minimum.reduceat(row[order], begins).astype(np.int64)
    columns = [distinct, pa.array(first), distinct, pa.array(counts)]
    return pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def meet(records: pa.Table, params: LinesParams) -> pa.Table:
    """Return `ANSWERS` to the shards for the lines of one partition.

    Args:
        records: `RECORDS` and the column "shard", in order of shard and row.
        params: Of the recipe.
    """
    order, begins = _runs(records["key"].to_numpy())
    if not len(order):
        return ANSWERS.empty_table()
    documents = records["documents"].to_numpy()
    repeated = np.add.reduceat(documents[order].astype(np.int64), begins) >= params.min_count
    lengths = np.diff(begins, append=len(order))
    cut = np.zeros(len(order), np.bool_)
    cut[order] = np.repeat(repeated, lengths)
    stays = np.zeros(len(order), np.bool_)
    if params.keep == "first":
        stays[np.minimum.reduceat(order, begins)] = True
        cut &= ~stays | (documents > 1)  # a shard that has the line in one document only, which keeps it: no news
    found = records.select(["shard", "row", "line"]).append_column("stays", pa.array(stays))
    return found.filter(pa.array(cut)).cast(ANSWERS)


def mark(batch: pa.RecordBatch, first_row: int, answers: pa.Table, params: LinesParams) -> pa.RecordBatch:
    """Return `SIGNALS` and the column "spans" of a batch.

    Args:
        batch: Documents with the column "text", as `send` saw them.
        first_row: The row of its first one in the shard.
        answers: `ANSWERS` to this shard. The same table should come with every batch: it is sorted once.
        params: Of the recipe.
    """
    from redpyjama.kernels import line_keys  # compiled code: reading a recipe must not load it

    units = _units(batch, params)
    documents = _documents(units)
    lines, stay_rows = _sorted_answers(answers)
    cut = np.zeros(len(units.key), np.bool_)
    if len(lines):
        place = np.minimum(np.searchsorted(lines, units.key), len(lines) - 1)
        cut = (lines[place] == units.key) & (stay_rows[place] != documents + first_row)
    if params.within:
        cut |= units.first != np.arange(len(units.first))
    cut &= units.chars >= params.min_chars
    spans, found = line_keys.cuts(*_texts(batch), units, cut)
    share = found[:, line_keys.CUT_CHARS] / np.maximum(found[:, line_keys.CHARS], 1)
    columns = {
        "duplicate_lines": pa.array(found[:, line_keys.CUT_UNITS].astype(np.int32)),
        "duplicate_line_share": pa.array(share.astype(np.float32)),
        "ccnet_original_length": pa.array(found[:, line_keys.CHARS].astype(np.int32)),
        "ccnet_original_nlines": pa.array(np.diff(units.doc_offsets).astype(np.int32)),
        "lines_left": pa.array(found[:, line_keys.UNITS_LEFT].astype(np.int32)),
        "spans": _spans(spans, batch.num_rows),
    }
    return pa.RecordBatch.from_pydict(columns)


def _texts(batch: pa.RecordBatch) -> tuple[Any, Any]:
    from redpyjama.kernels import arrow

    offsets, data = arrow.buffers(batch["text"])
    return data, offsets


def _units(batch: pa.RecordBatch, params: LinesParams) -> Units:
    from redpyjama.kernels import line_keys

    return line_keys.find_units(*_texts(batch), params.unit, params.normalisation)


def _documents(units: Units) -> NDArray[np.int64]:
    """Return the number of the document of each unit."""
    return np.repeat(np.arange(len(units.doc_offsets) - 1), np.diff(units.doc_offsets))


def _runs(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an order that brings equal keys together (in any order among themselves), and where each run begins."""
    order = np.argsort(keys)
    ordered = keys[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(keys)])


_Answers = tuple[NDArray[np.uint64], NDArray[np.int64]]
_last: tuple[weakref.ref[Any], _Answers] | None = None


def _sorted_answers(answers: pa.Table) -> _Answers:
    """Return the lines to cut, sorted, and for each the row in which it stays, or -1; remembers the last table."""
    global _last
    if _last is not None and _last[0]() is answers:
        return _last[1]
    lines = answers["line"].to_numpy()
    rows = np.where(answers["stays"].to_numpy(), answers["row"].to_numpy(), -1)
    order = np.argsort(lines)
    found = lines[order], rows[order]
    _last = weakref.ref(answers), found
    return found


def _spans(found: NDArray[np.int32], num_documents: int) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(np.bincount(found[:, 0], minlength=num_documents))]).astype(np.int32)
    columns = [
        pa.array(np.ascontiguousarray(found[:, 1])),
        pa.array(np.ascontiguousarray(found[:, 2])),
        pa.repeat(pa.scalar(REPEATED_LINE), len(found)),
        pa.repeat(pa.scalar(""), len(found)),
    ]
    fields = [SPANS.value_type.field(i) for i in range(4)]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(columns, fields=fields)).cast(SPANS)


STEP: Final = SharedStep(
    name="lines",
    version=1,
    params=LinesParams,
    meetings=(Meeting(send=send, meet=meet, records=RECORDS, answers=ANSWERS),),
    mark=mark,
    signals=SIGNALS,
    spans=SPAN_RULES,
)
