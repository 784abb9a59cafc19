"""Small corpora made without a build: tables written shard by shard, a manifest, a release."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa

from redpyjama.document import SCHEMA, SPANS, Document, content_hash, to_batch
from redpyjama.kernels.spans import apply_spans
from redpyjama.release import checksums, publish, writers
from redpyjama.stage import Task
from redpyjama.store import manifest
from redpyjama.store.atomic import Output, read_receipt, write_file
from redpyjama.store.shards import write_shard

SIDE = {
    "words": pa.schema([("document_id", pa.string()), ("num_words", pa.int32())]),
    "spans": pa.schema(
        [("document_id", pa.string()), ("spans", SPANS), ("final_hash", pa.string()), ("final_bytes", pa.int64())]
    ),
    "tokens": pa.schema([("document_id", pa.string()), ("num_tokens", pa.int32())]),
    "decisions": pa.schema(
        [
            ("document_id", pa.string()),
            ("keep", pa.bool_()),
            ("rule", pa.string()),
            ("rules", pa.list_(pa.string())),
            ("duplicate_of", pa.string()),
        ]
    ),
}
SKIPPED = pa.schema([("rule", pa.string()), ("record", pa.string()), ("offset", pa.int64())])

BECAUSE = "two words say nothing"

RECIPE = """\
name = "mine"
description = "A recipe for tests."
seed = 1
tokenizer = "words"

[slice.c4]

[[slice.c4.drop]]
rule = "too_short"
when = "num_words < 3"
because = "two words say nothing"
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A document, and what became of it."""

    document: Document
    spans: Sequence[Mapping[str, Any]] = ()
    rule: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shard:
    """What one part of a dump held."""

    dump: str
    rows: Sequence[Row] = ()
    skipped: Sequence[str] = ()
    quarantined: Sequence[str] = field(default_factory=list)


def row(text: str, record: str | None = None, *, rule: str | None = None, spans: Any = (), **fields: Any) -> Row:
    meta = fields.pop("meta", {"source": "c4"})
    return Row(document=Document(text=text, record=record or text, meta=meta, **fields), spans=spans, rule=rule)


def make(root: pathlib.Path, slices: Mapping[str, Sequence[Shard]], *, recipe: str = RECIPE) -> pathlib.Path:
    """Write a whole corpus, as a build would leave it."""
    counts = {name: _slice(root, name, shards) for name, shards in slices.items()}
    tables = ["documents", *SIDE, "release"]
    stems = {
        name: [root / f"stages/release-0/{name}/part-{i:05d}" for i in range(len(s))] for name, s in slices.items()
    }
    receipts = {name: [read_receipt(str(stem)) for stem in of_slice] for name, of_slice in stems.items()}
    made = manifest.Manifest(
        recipe=manifest.RecipeRef(name="mine", sha256=hashlib.sha256(recipe.encode()).hexdigest()),
        inputs=[
            manifest.Input(slice=name, path=shard.dump, bytes=100, sha256="11" * 32)
            for name, shards in slices.items()
            for shard in shards
        ],
        tables={table: {name: f"stages/{table}-0/{name}" for name in slices} for table in tables},
        slices=counts,
        tokenizer=manifest.Tokenizer(name="words", sha256="22" * 32, vocab_size=1000),
        content_sha256=checksums.content_sha256(receipts),
    )
    write_file(str(root / "recipe.toml"), recipe.encode())
    publish.publish(str(root), made, recipe)
    manifest.save(str(root), made)
    return root


def _slice(root: pathlib.Path, name: str, shards: Sequence[Shard]) -> manifest.SliceCounts:
    totals = {"read": 0, "kept": 0, "quarantined": 0, "bytes_read": 0, "bytes_kept": 0, "tokens": 0}
    dropped_by: dict[str, int] = {}
    bytes_dropped_by: dict[str, int] = {}
    for number, shard in enumerate(shards):
        counts = _shard(root, name, number, shard)
        for total, key in ((dropped_by, "dropped_by"), (bytes_dropped_by, "bytes_dropped_by")):
            for rule, count in counts.pop(key).items():
                total[rule] = total.get(rule, 0) + count
        for key, count in counts.items():
            totals[key] += count
    quarantine = b"".join(
        (root / f"stages/documents-0/{name}/part-{i:05d}.quarantine.jsonl").read_bytes() for i in range(len(shards))
    )
    write_file(str(root / f"quarantine/{name}.jsonl"), quarantine)
    return manifest.SliceCounts(
        dropped=sum(dropped_by.values()),
        dropped_by=dict(sorted(dropped_by.items())),
        bytes_dropped_by=dict(sorted(bytes_dropped_by.items())),
        because=dict.fromkeys(sorted(dropped_by), BECAUSE),
        **totals,
    )


def _shard(root: pathlib.Path, name: str, number: int, shard: Shard) -> dict[str, Any]:
    def stem(table: str) -> str:
        return str(root / f"stages/{table}-0/{name}/part-{number:05d}")

    batch = to_batch(name, shard.dump, [r.document for r in shard.rows])
    spans = pa.array([list(r.spans) for r in shard.rows], SPANS)
    texts = apply_spans(batch.column("text"), spans).to_pylist()
    tokens = [len(text.split()) for text in texts]
    keep = [r.rule is None for r in shard.rows]
    sizes = [len(text.encode()) for text in texts]
    rules = [r.rule for r in shard.rows]
    columns: dict[str, list[Any]] = {
        "words": [pa.array(tokens, pa.int32())],
        "spans": [spans, pa.array([content_hash(t.encode()) for t in texts], pa.string()), pa.array(sizes, pa.int64())],
        "tokens": [pa.array(tokens, pa.int32())],
        "decisions": [
            pa.array(keep, pa.bool_()),
            pa.array(rules, pa.string()),
            pa.array([[r] if r else [] for r in rules], pa.list_(pa.string())),
            pa.nulls(len(rules), pa.string()),
        ],
    }
    kept_bytes = sum(s for s, k in zip(sizes, keep, strict=True) if k)
    kept_tokens = sum(t for t, k in zip(tokens, keep, strict=True) if k)
    dropped_by = {rule: rules.count(rule) for rule in rules if rule}
    skipped_by = {rule: list(shard.skipped).count(rule) for rule in shard.skipped}
    read = {
        "read": len(keep) + len(shard.skipped) + len(shard.quarantined),
        "skipped_by": skipped_by,
        "quarantined": len(shard.quarantined),
        "bytes_read": sum(len(r.document.text.encode()) for r in shard.rows),
        "encoding_repairs": 0,
    }
    bytes_by = {rule: sum(s for s, r in zip(sizes, rules, strict=True) if r == rule) for rule in dropped_by}
    decided = {
        "kept": sum(keep),
        "dropped_by": dropped_by,
        "bytes_dropped_by": bytes_by,
        "bytes_kept": kept_bytes,
        "tokens": kept_tokens,
    }
    with Output(stem("documents")) as output:
        write_shard(output, "parquet", SCHEMA, _cut(batch))
        skipped = {
            "rule": list(shard.skipped),
            "record": ["r"] * len(shard.skipped),
            "offset": [0] * len(shard.skipped),
        }
        write_shard(output, "skipped.parquet", SKIPPED, [pa.RecordBatch.from_pydict(skipped, schema=SKIPPED)])
        lost = [{"file": shard.dump, "offset": 7, "record": "r", "reason": reason} for reason in shard.quarantined]
        output.create("quarantine.jsonl").write(b"".join(msgspec.json.encode(line) + b"\n" for line in lost))
        output.commit(rows=len(keep), **read)
    for table, schema in SIDE.items():
        side = pa.RecordBatch.from_arrays([batch.column("id"), *columns[table]], schema=schema)
        with Output(stem(table)) as output:
            write_shard(output, "parquet", schema, _cut(side))
            output.commit(rows=len(keep), **(decided if table == "decisions" else {}))
    paths = {
        key: f"{stem(table)}.parquet"
        for key, table in (("documents",) * 2, ("final", "spans"), ("decisions",) * 2, ("tokens",) * 2)
    }
    args = writers.PartArgs(slice=name, **paths)
    writers.write_part(Task(name="release", run=writers.write_part, args=args, output=stem("release")))
    return {
        "read": read["read"],
        "quarantined": read["quarantined"],
        "bytes_read": read["bytes_read"],
        "kept": decided["kept"],
        "bytes_kept": kept_bytes,
        "tokens": kept_tokens,
        "dropped_by": {**dropped_by, **skipped_by},
        "bytes_dropped_by": bytes_by,
    }


def _cut(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    return [batch.slice(0, 3), batch.slice(3)]


def example(root: pathlib.Path) -> pathlib.Path:
    """Two slices, three shards, one of them empty, with everything that can happen to a record."""
    email = {"start": 6, "end": 13, "rule": "email", "replacement": "<EMAIL>"}
    c4 = [
        row("a page about many things", url="https://a.example.com/x", language="en"),
        row("write me@x.yy for this thing", spans=[email], title="Ünïcode “quotes”\n", created="2020-01-01"),
        row("too short", rule="too_short"),
        row("a page about many things", "copy", rule="exact_duplicate"),
        row("the last page of this shard", licence="CC-BY-4.0", attribution="A. Author"),
    ]
    code = row(
        "def f():\n    return 1  # a function",
        licence="MIT",
        meta={"id": "blob7", "content_hash": "md5", "language": [{"name": "C", "bytes": 3}], "path": "f.py"},
    )
    return make(
        root,
        {
            "github": [Shard(dump="repo.tar.gz", rows=[code], skipped=["vendored", "vendored"])],
            "c4": [
                Shard(dump="c4.0.json.gz", rows=c4, quarantined=["line 7 is no JSON"]),
                Shard(dump="c4.1.json.gz", rows=[]),
                Shard(dump="c4.2.json.gz", rows=[row(f"document number {i} of shard two") for i in range(20)]),
            ],
        },
    )
