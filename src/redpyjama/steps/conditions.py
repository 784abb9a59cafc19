"""SQL conditions over documents and their signals, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
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
    columns = {name: documents[name] for name in documents.schema.names if name not in ("text", "locator")}
    for batch in signals:
        columns |= {name: batch[name] for name in batch.schema.names if name not in ("document_id", "spans")}
    wanted = ", ".join(f"coalesce(CAST(({c}\n) AS BOOLEAN), false) AS c{i}" for i, c in enumerate(conditions))
    # One thread and no other data in reach: a condition is a function of the row.
    with duckdb.connect(config={"threads": 1, "enable_external_access": False}) as connection:
        connection.register("documents", pa.table(columns))
        answer: Any = connection.sql(f"SELECT {wanted} FROM documents").to_arrow_table()
    return [column.combine_chunks() for column in answer.columns]
