"""The tasks that run a step over a shard: text with all earlier spans applied in, a sidecar out."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from redpyjama.document import SPANS, sidecar_schema
from redpyjama.stage import Step, Task
from redpyjama.store.atomic import Output
from redpyjama.store.conditions import evaluate
from redpyjama.store.shards import ShardWriter, read_batches

FINAL = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("spans", SPANS),
        pa.field("final_hash", pa.string(), nullable=False),
        pa.field("final_bytes", pa.int64(), nullable=False),
    ]
)
"""The sidecar "spans": all spans of all steps in coordinates of the document's text, and what the text is then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotateArgs:
    """What a step's task needs.

    Attributes:
        documents: Path of the documents shard.
        spans: Path of the sidecar of the last step before this one that cuts, if any.
        only: Condition under which the step looks at a document.
        signals: Paths of earlier sidecars whose signals *only* may name.
    """

    step: Step
    params: Any
    documents: str
    spans: str | None = None
    only: str | None = None
    signals: tuple[str, ...] = ()


def annotate(task: Task) -> dict[str, Any]:
    """Run a step over one shard; see `redpyjama.stage.Task.run`."""
    from redpyjama.kernels.spans import to_original  # compiled code: a build with nothing to do must not load it

    args: AnnotateArgs = task.args
    model = getattr(args.params, "model", "")
    if model and os.path.getsize(model) == 0:  # there was too little to learn from
        args = dataclasses.replace(args, params=dataclasses.replace(args.params, model=""))
    signals = {name: signal.type for name, signal in args.step.signals.items()}
    schema = sidecar_schema(signals, spans=bool(args.step.spans))
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", schema)
        for seen, outer, earlier in _batches(args):
            measured = _run(args, seen, earlier)
            columns = {"document_id": seen["id"], **{n: measured[n] for n in args.step.signals}}
            if args.step.spans:
                columns["spans"] = to_original(measured["spans"], outer)
            arrays = [columns[f.name].cast(f.type) for f in schema]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return output.commit(rows=writer.rows)


def _batches(args: AnnotateArgs) -> Iterator[tuple[pa.RecordBatch, pa.Array, list[pa.RecordBatch]]]:
    """Yield the documents with earlier spans applied, those spans, and the earlier signals."""
    from redpyjama.kernels.spans import apply_spans

    sidecars = [s for s in (args.spans, *args.signals) if s]
    for documents, *others in read_batches(args.documents, *sidecars):
        if not args.spans:
            yield documents, pa.nulls(documents.num_rows, SPANS), others
            continue
        outer, signals = others[0]["spans"], others[1:]
        text = apply_spans(documents["text"], outer)
        seen = documents.set_column(documents.schema.get_field_index("text"), "text", text)
        yield seen, outer, signals


def _run(args: AnnotateArgs, documents: pa.RecordBatch, signals: list[pa.RecordBatch]) -> pa.RecordBatch:
    if not args.only:
        return args.step.run(documents, args.params)
    chosen = evaluate([args.only], documents, signals)[0]
    measured = args.step.run(documents.filter(chosen), args.params)
    # Each chosen row's place among the chosen; null elsewhere, and a null index takes a null.
    place = pc.subtract(pc.cumulative_sum(chosen.cast(pa.int64())), 1)
    return measured.take(pc.if_else(chosen, place, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalArgs:
    """What the last of a slice's tasks needs: the documents, and the last sidecar with spans, if any step cuts."""

    documents: str
    spans: str | None = None


def finish(task: Task) -> dict[str, Any]:
    """Write the "spans" sidecar of one shard; see `redpyjama.stage.Task.run`."""
    from redpyjama.kernels.spans import apply_spans

    args: FinalArgs = task.args
    num_bytes = 0
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", FINAL)
        for documents, *others in read_batches(args.documents, *([args.spans] if args.spans else [])):
            spans = others[0]["spans"] if others else pa.nulls(documents.num_rows, SPANS)
            text = apply_spans(documents["text"], spans) if others else documents["text"]
            hashes = _hashes(text) if others else documents["content_hash"]
            lengths = pc.binary_length(text).cast(pa.int64())
            writer.write(pa.RecordBatch.from_arrays([documents["id"], spans, hashes, lengths], schema=FINAL))
            num_bytes += pc.sum(lengths).as_py() or 0
        return output.commit(rows=writer.rows, bytes=num_bytes)


def _hashes(texts: pa.Array) -> pa.Array:
    """Hash the bytes of each text where they lie."""
    _, offsets, data = texts.buffers()
    bounds = memoryview(offsets).cast("i")[texts.offset : texts.offset + len(texts) + 1]
    view = memoryview(data) if data else memoryview(b"")
    pairs = itertools.pairwise(bounds)
    return pa.array([xxhash.xxh3_128_hexdigest(view[a:b]) for a, b in pairs], pa.string())
