"""SQL conditions and numbers over documents and their signals, row by row."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def evaluate(
    conditions: Sequence[str], documents: pa.RecordBatch, signals: Sequence[pa.RecordBatch]
) -> list[pa.BooleanArray]:
    """Evaluate conditions on each document; unknown (null) counts as false.

    Args:
        conditions: SQL expressions that `redpyjama.recipe.load` has bound already.
        documents: N documents.
        signals: Sidecars of the same N rows, in the same order.

    Returns:
        One array of N truth values for each condition, without nulls.
    """
    wanted = [f"coalesce(CAST(({c}\n) AS BOOLEAN), false)" for c in conditions]
    return _evaluate(wanted, documents, signals)


def numbers(
    expressions: Sequence[str], documents: pa.RecordBatch, signals: Sequence[pa.RecordBatch]
) -> list[pa.DoubleArray]:
    """Evaluate expressions that are numbers or truth values (true is 1); as `evaluate`, but unknown stays null."""
    return _evaluate([f"CAST(({e}\n) AS DOUBLE)" for e in expressions], documents, signals)


def _evaluate(wanted: Sequence[str], documents: pa.RecordBatch, signals: Sequence[pa.RecordBatch]) -> list[Any]:
    columns = {name: documents[name] for name in documents.schema.names if name not in ("text", "locator")}
    for batch in signals:
        columns |= {name: batch[name] for name in batch.schema.names if name not in ("document_id", "spans")}
    connection = _connection()
    connection.register("documents", pa.table(columns))
    try:
        selected = ", ".join(f"{expression} AS c{i}" for i, expression in enumerate(wanted))
        answer: Any = connection.sql(f"SELECT {selected} FROM documents").to_arrow_table()
    finally:
        connection.unregister("documents")
    return [column.combine_chunks() for column in answer.columns]


@functools.cache
def _connection() -> Any:
    """Connect once a process: one thread and no other data in reach, for a condition is a function of the row."""
    import duckdb  # 0.15 s: a build with nothing to do must not load it

    return duckdb.connect(config={"threads": 1, "enable_external_access": False})
