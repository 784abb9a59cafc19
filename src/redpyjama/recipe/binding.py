"""SQL conditions of a recipe, bound against the columns that they may use before anything is read."""

from __future__ import annotations

import functools
from typing import Any

SQL_TYPES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "REAL",
    "float32": "REAL",
    "double": "DOUBLE",
    "float64": "DOUBLE",
}
"""Arrow types of signals as SQL knows them; all else is text."""


@functools.lru_cache(maxsize=1024)
def unbound(condition: str, columns: tuple[tuple[str, str], ...]) -> str:
    """Say what is wrong with a condition over columns of these names and types, or return an empty string."""
    import duckdb  # 0.1 s; readers of a resolved recipe never come here

    declared = ", ".join(f'"{name}" {SQL_TYPES.get(type_, "VARCHAR")}' for name, type_ in columns)
    connection = _connection()
    connection.execute(f"CREATE OR REPLACE TABLE documents ({declared})")
    try:
        rows = connection.execute(f"SELECT CAST(({condition}\n) AS BOOLEAN) FROM documents").fetchall()
    except duckdb.Error as error:
        message = str(error).split("\n\n")[0].replace("\n", " ")
        names = ", ".join(name for name, _ in columns)
        return f"{message} (columns: {names})" if "not found" in message else message
    return "it must look at one document at a time: no aggregates" if rows else ""


@functools.cache
def _connection() -> Any:
    import duckdb

    return duckdb.connect(config={"threads": 1, "enable_external_access": False})
