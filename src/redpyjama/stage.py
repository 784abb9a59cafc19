"""Plain frozen data that recipes, sources, steps and engines agree on. No behaviour.

A *build* is a static graph of tasks. A task is a pure function from input files to output files; it counts as done when
its receipt exists, which is written last. Everything that decides what a task writes is in its stage's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from redpyjama.document import Document


# --- what a source works on and yields ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A raw input file (or directory) as its publisher ships it.

    Attributes:
        path: Local path or fsspec URL; never written to an artefact.
        name: What locators call it: its base name, or the shortest path suffix that tells it from the other dumps.
        num_bytes: Size as stored; for a directory the sum over its files.
        beside: Path of a file of metadata that is read along with it, and that is itself one of the dumps; "" for none.
    """

    path: str
    name: str
    num_bytes: int
    beside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The share of a dump that one read task takes; its documents become one shard.

    Formats that can be entered in the middle are cut by bytes: a record belongs to the part in which its first byte
    lies. Others are cut into stripes: every task decompresses the whole stream, but parses only the records of its own.

    Attributes:
        start: First byte of the dump as stored (compressed).
        stop: Byte after the last one; None means the end of the dump.
        stripe: Which stripe, from 0.
        num_stripes: How many stripes the dump is cut into.
        fraction: The share of the records that a trial build takes; 1 takes all.
    """

    dump: Dump
    start: int = 0
    stop: int | None = None
    stripe: int = 0
    num_stripes: int = 1
    fraction: float = 1.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is no document of its slice (a redirect, an image, a request): dropped by *rule* before parsing.

    Attributes:
        rule: One of the source's `Source.skips`.
        record: The record key that a locator would carry: URL, member name, page id.
        offset: Byte offset in the dump, or -1 where there is none.
    """

    rule: str
    record: str = ""
    offset: int = -1


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not be read.

    Attributes:
        reason: What was wrong, in words.
        record: The record key as far as it is known.
        offset: Byte offset in the dump (as stored; for archives the member's), or -1 where there is none.
    """

    reason: str
    record: str = ""
    offset: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of the seven sources: dump -> documents.

    Attributes:
        slice: The slice that it fills.
        version: Raised whenever the same dump and options give other documents.
        options: Frozen dataclass of the recipe keys under ``[slice.X]``, with defaults.
        dumps: Input paths (files or directories, globs already expanded) and options -> dumps in canonical order.
        parts: Dump and options -> its parts, in order of position.
        read: Part and options -> documents, skipped and quarantined records, in order of position. Never raises for bad
            records; raises `InputError` for a dump that cannot be opened.
        skips: Rule name -> why such a record is no document (shown in reports).
    """

    slice: str
    version: int
    options: type[Any]
    dumps: Callable[[list[str], Any], list[Dump]]
    parts: Callable[[Dump, Any], list[Part]]
    read: Callable[[Part, Any], Iterator[Document | Skipped | Quarantined]]
    skips: Mapping[str, str]


# --- what a step is ------------------------------------------------------------------------------------------------


def no_files(params: Any) -> tuple[str, ...]:
    """Name the files of a step that reads none."""
    return ()


@dataclass(frozen=True, slots=True)
class Signal:
    """A number (or word) measured on a document.

    Attributes:
        type: Arrow type as DuckDB and `pyarrow.type_for_alias` know it: "int32", "float32", "bool", "string".
        meaning: One sentence: what it is, its unit and range.
        source: Where the definition comes from.
    """

    type: str
    meaning: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pure function of a batch: measures signals, and may mark spans to cut or replace.

    Attributes:
        name: Its key in the catalogue and in recipes.
        version: Raised whenever the same batch and parameters give other values.
        params: Frozen dataclass of its recipe keys, with the source's published values as defaults.
        run: Batch of documents (text with all earlier spans applied) and params -> batch of as many rows with the
            columns of `signals`, and, where `spans` is not empty, a column "spans" of type `document.SPANS` with byte
            offsets in the text that it was given, sorted, not overlapping.
        signals: Name -> definition. Names are unique over the catalogue.
        spans: Rule name -> why such a range is cut; empty for a step that only measures.
        files: Params -> paths of the files that the step reads beside the batch (lists, models): their content is part
            of the stage's key.
    """

    name: str
    version: int
    params: type[Any]
    run: Callable[[pa.RecordBatch, Any], pa.RecordBatch]
    signals: Mapping[str, Signal]
    spans: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Callable[[Any], tuple[str, ...]] = no_files


# --- what documents tell of one another ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A question that the documents of several shards answer together: records meet by key, answers go back.

    Attributes:
        send: Batches of one shard ("document_id", and "text" with all earlier spans applied), what the meeting before
            answered this shard (rows in order; None before the first one), params -> records of schema *records*.
        meet: All records whose keys lie in one partition, with a column "shard" behind them, in the order of shards and
            of their rows there; params -> answers of schema *answers*, in any order.
        records: "key" uint64, "row" int64 (the row in the shard), and what else *meet* needs.
        answers: "shard" int32, "row" int64, and what else the next *send*, or the step's *mark*, needs.
    """

    send: Callable[[Iterator[pa.RecordBatch], pa.Table | None, Any], pa.RecordBatch]
    meet: Callable[[pa.Table, Any], pa.Table]
    records: pa.Schema
    answers: pa.Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStep:
    """A step that judges a document by what stands in others.

    Attributes:
        name: Its key in the catalogue and in recipes.
        version: Raised whenever the same documents and parameters give other values.
        params: Frozen dataclass of its recipe keys; its *group* says who meets: "dump", "slice" or "corpus";
            or "document", where none does.
        meetings: One after the other.
        mark: Batch (as for *send*), number of its first row in the shard, all of the last answers to this shard by row,
            params -> batch as `Step.run` gives it.
        signals: As of a `Step`.
        spans: As of a `Step`.
    """

    name: str
    version: int
    params: type[Any]
    meetings: tuple[Meeting, ...]
    mark: Callable[[pa.RecordBatch, int, pa.Table, Any], pa.RecordBatch]
    signals: Mapping[str, Signal]
    spans: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way in which documents can be copies of one another.

    Attributes:
        name: Its key in the catalogue and in ``[dedup] methods``.
        version: Raised whenever the same documents and parameters give other keys or sketches.
        params: Frozen dataclass of the recipe keys under ``[dedup.NAME]``.
        rule: The name of the defect: what the decision on a copy says.
        because: Why a copy is dropped.
        keys: Documents (final text; a column "final_hash") and params -> offsets int64[n + 1] and 64-bit keys:
            documents that share one are candidates.
        columns: Which columns of documents it looks at, "text" being the final one.
        sketches: The same -> offsets and uint64 values that candidates are compared by; None where a shared key is
            proof enough.
        compare: How: "jaccard" of sorted sets, "hamming" distance of single values.
        limit: Params -> least similarity, or largest distance, of copies.
        presets: Parameters by name: ``preset = "..."`` in the recipe.
    """

    name: str
    version: int
    params: type[Any]
    rule: str
    because: str
    keys: Callable[[pa.RecordBatch, Any], tuple[Any, Any]]
    columns: tuple[str, ...] = ("text",)
    sketches: Callable[[pa.RecordBatch, Any], tuple[Any, Any]] | None = None
    compare: Literal["", "jaccard", "hamming"] = ""
    limit: Callable[[Any], float] | None = None
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


# --- what is learnt ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """Learns a model that judges text from the build's own documents, as they were read and before any step.

    Attributes:
        name: Its key in the catalogue and in recipes.
        version: Raised whenever the same documents and parameters give another model.
        params: Frozen dataclass of its recipe keys.
        collect: Batches of one shard, its slice, params, a path -> counts for the receipt. Writes what `fit` needs of
            the shard to the path.
        fit: (slice, collected path) of every shard in order, params, a path -> counts for the receipt. Writes the model
            to the path; beside the path it may use scratch files of its name and more letters. Memory is bounded.
    """

    name: str
    version: int
    params: type[Any]
    collect: Callable[[Iterator[pa.RecordBatch], str, Any, str], Mapping[str, Any]]
    fit: Callable[[Sequence[tuple[str, str]], Any, str], Mapping[str, Any]]


# --- what an engine runs -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A pure function from files to files.

    Attributes:
        name: Unique in a build: "<stage>/<slice>/part-NNNNN".
        run: Module-level function of this task; writes everything under temporary names, puts it in place, and returns
            what the receipt says beyond the files' digests (counts: JSON-able, deterministic).
        args: Its arguments: frozen, picklable.
        output: Path stem; files are "<stem>.<suffix>", the receipt "<stem>.json".
        needs: Names of the tasks whose outputs this one reads.
        weight: Bytes it reads, roughly; long tasks start first.
    """

    name: str
    run: Callable[[Task], Mapping[str, Any]]
    args: Any
    output: str
    needs: tuple[str, ...] = ()
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One node of the build graph: one function over all shards of a slice, or over all partitions of an exchange.

    Attributes:
        name: "read", a step's name, "decide", "exact", ...
        slice: The slice, or "corpus" for a stage that spans slices.
        key: Hash of code version, parameters and input keys.
        directory: Where its files lie, relative to the corpus.
        tasks: In shard order.
        sharded: Whether each task is a shard of the slice; otherwise all that reads it needs all of it.
    """

    name: str
    slice: str
    key: str
    directory: str
    tasks: tuple[Task, ...]
    sharded: bool = True
