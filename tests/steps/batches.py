"""What step tests share: batches of texts, and texts with spans applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import make_dataclass

import pyarrow as pa

from redpyjama.document import LOCATOR, SPANS
from redpyjama.stage import Signal, Step
from redpyjama.steps.shared_words import Family, WordMode, measure


def batch_of(
    texts: list[str], records: list[str] | None = None, licences: list[str | None] | None = None
) -> pa.RecordBatch:
    """Return as much of a document batch as the steps under test look at."""
    locators = [{"dump": "d", "offset": -1, "record": r} for r in records or [""] * len(texts)]
    return pa.record_batch(
        {
            "text": pa.array(texts, pa.string()),
            "locator": pa.array(locators, LOCATOR),
            "licence": pa.array(licences or [None] * len(texts), pa.string()),
        }
    )


def measured(step: Step, texts: list[str], **params: object) -> list[dict]:
    """Run a step and return its rows, after checking that they are what the step declares."""
    rows = step.run(batch_of(texts), step.params(**params))
    check_declared(step, rows, len(texts))
    return rows.to_pylist()


def family_step(family: Callable[[int], Family], signals: Mapping[str, Signal], words: WordMode) -> Step:
    """Return a step of one family alone, with the parameter *words*."""
    params = make_dataclass("Params", [("words", str, words)], frozen=True)
    return Step(
        name=getattr(family, "__name__", "family"),
        version=1,
        params=params,
        run=lambda batch, chosen: measure(batch, chosen.words, [family(batch.num_rows)]),
        signals=signals,
    )


def check_declared(step: Step, rows: pa.RecordBatch, num_rows: int) -> None:
    """The columns are the declared signals (and spans) in order, with the declared types and no nulls."""
    names = [*step.signals, *(["spans"] if step.spans else [])]
    assert rows.num_rows == num_rows
    assert rows.schema.names == names
    for name, signal in step.signals.items():
        assert rows.schema.field(name).type == pa.type_for_alias(signal.type)
        assert rows.column(name).null_count == 0
    if step.spans:
        assert rows.schema.field("spans").type == SPANS


def applied(text: str, spans: list[dict]) -> str:
    """Return the text with its spans replaced; they must be in order, in range and apart."""
    data, out, position = text.encode(), [], 0
    for span in spans:
        assert position <= span["start"] < span["end"] <= len(data)
        out += [data[position : span["start"]], span["replacement"].encode()]
        position = span["end"]
    return b"".join([*out, data[position:]]).decode()
