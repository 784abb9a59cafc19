"""What a build decided about every record of its dumps."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from redpyjama import Corpus
from redpyjama.document import SLICES
from redpyjama.sources.catalogue import CATALOGUE
from tests.golden.make_sample import DEMO


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one record.

    Attributes:
        verdict: "kept", "dropped RULE", "skipped RULE" or "quarantined".
        reason: Why it was quarantined.
        text: Its final text, all spans applied; empty for what is no document.
        fields: Its other columns.
    """

    slice: str
    dump: str
    record: str
    verdict: str
    reason: str = ""
    text: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


def of(corpus: Corpus) -> Iterator[Outcome]:
    """Yield what became of every record, slice by slice."""
    for name in (name for name in SLICES if name in corpus.slices):
        yield from _documents(corpus, name)
        yield from _skipped(corpus, name)
        yield from _quarantined(corpus, name)


def _documents(corpus: Corpus, name: str) -> Iterator[Outcome]:
    from redpyjama.kernels.spans import apply_spans

    for documents, decisions, spans in corpus.shards(name, "decisions", "spans"):
        texts = apply_spans(documents["text"], spans["spans"]).to_pylist()
        for row, decision, text in zip(documents.to_pylist(), decisions.to_pylist(), texts, strict=True):
            verdict = "kept" if decision["keep"] else f"dropped {decision['rule']}"
            place = row["locator"]
            yield Outcome(
                slice=name, dump=place["dump"], record=place["record"], verdict=verdict, text=text, fields=row
            )


def _skipped(corpus: Corpus, name: str) -> Iterator[Outcome]:
    # The sample's dumps are small: each is one part, and so one shard.
    source = CATALOGUE[name]
    dumps = source.dumps([str(DEMO / name)], source.options())
    for stem, dump in zip(corpus.stems("documents", name), dumps, strict=True):
        for row in pq.read_table(f"{stem}.skipped.parquet").to_pylist():
            yield Outcome(slice=name, dump=dump.name, record=row["record"], verdict=f"skipped {row['rule']}")


def _quarantined(corpus: Corpus, name: str) -> Iterator[Outcome]:
    file = pathlib.Path(corpus.path) / "quarantine" / f"{name}.jsonl"
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Outcome(
            slice=name, dump=row["file"], record=row["record"], verdict="quarantined", reason=row["reason"]
        )
