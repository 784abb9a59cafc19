"""A finished corpus: what it was made of, its tables as SQL views, its shards.

Reading needs none of the code that built it. Tables that steps made are found through ``corpus.json`` alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from redpyjama.document import SLICES
from redpyjama.errors import CorpusError, UsageError, nearest
from redpyjama.store import atomic, manifest
from redpyjama.store.manifest import Manifest
from redpyjama.store.shards import DOCUMENT_ID, open_shard, read_batches

if TYPE_CHECKING:
    import duckdb

CLUSTERS = "clusters"
"""The table of copies, where the recipe looks for any."""

_RECEIPT = re.compile(r"part-(\d{5,})\.json")


class Corpus:
    """A corpus that a build has finished.

    Args:
        path: Its directory.
        made: Its manifest, if it is known already (a build publishes before it writes ``corpus.json``).

    Raises:
        CorpusError: There is no finished corpus, it is damaged, or a version that this program does not know wrote it.
    """

    def __init__(self, path: str, made: Manifest | None = None) -> None:
        self.path = path
        self.manifest = made or manifest.load(path)
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def recipe_text(self) -> str:
        """The recipe as built, every value spelled out, as TOML."""
        path = os.path.join(self.path, "recipe.toml")
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(path, f"cannot be read ({error})", "run the build again: it is written anew") from error

    @property
    def slices(self) -> list[str]:
        """The names of its slices, in RedPajama's order."""
        return [name for name in SLICES if name in self.manifest.slices]

    def directory(self, table: str, slice_name: str) -> str:
        """Return where the files of a table lie: one Parquet file (or more), and a receipt, for each shard."""
        tables = self.manifest.tables
        if table not in tables:
            hint = nearest(table, tables) or f"; it has {', '.join(tables)}"
            raise UsageError(f"no table {table!r}{hint}", self.path)
        if slice_name not in tables[table]:
            hint = nearest(slice_name, tables[table]) or f"; it has {', '.join(tables[table])}"
            raise UsageError(f"table {table!r} has no slice {slice_name!r}{hint}", self.path)
        return os.path.join(self.path, tables[table][slice_name])

    def stems(self, table: str, slice_name: str) -> list[str]:
        """Return the path of every shard of a table without its suffix, in order.

        Raises:
            CorpusError: A shard is missing.
        """
        directory = self.directory(table, slice_name)
        try:
            names = os.listdir(directory)
        except OSError as error:
            what = f"table {table!r} is missing ({error.strerror})"
            raise CorpusError(directory, what, "run the build again: it makes what is missing") from error
        found = sorted((m for name in names if (m := _RECEIPT.fullmatch(name))), key=lambda m: int(m[1]))
        for number, match in enumerate(found):
            if int(match[1]) != number:
                path = os.path.join(directory, f"part-{number:05d}.json")
                raise CorpusError(path, "is missing", "run the build again: it makes what is missing")
        return [os.path.join(directory, match[0].removesuffix(".json")) for match in found]

    def receipts(self, table: str, slice_name: str) -> list[dict[str, Any]]:
        """Return the receipts of all shards of a table, in order."""
        return [atomic.read_receipt(stem) for stem in self.stems(table, slice_name)]

    def sidecars(self) -> list[str]:
        """Return the names of the tables that have a row for each document."""
        return [name for name in sorted(self.manifest.tables) if self._is_sidecar(name)]

    def _is_sidecar(self, table: str) -> bool:
        slices = self.manifest.tables[table]
        if not set(slices) <= set(self.manifest.slices):
            return False
        files = [f"{stem}.parquet" for name in slices for stem in self.stems(table, name)[:1]]
        return bool(files) and os.path.exists(files[0]) and DOCUMENT_ID in _columns(files[0])

    def shards(self, slice_name: str, *sidecars: str) -> Iterator[tuple[pa.RecordBatch, ...]]:
        """Read a slice's documents, and sidecars of them beside them, one row group after the other.

        Args:
            slice_name: One of `slices`.
            sidecars: Names of tables: "decisions", "spans", "tokens", or that of a step.

        Yields:
            Documents and the same rows of each sidecar.
        """
        tables = ("documents", *sidecars)
        for stems in zip(*(self.stems(table, slice_name) for table in tables), strict=True):
            yield from read_batches(*(f"{stem}.parquet" for stem in stems))

    def sql(self, query: str, parameters: Any = None) -> duckdb.DuckDBPyRelation:
        """Run an SQL query over the corpus.

        Views: ``documents``; one for each sidecar (``decisions``, ``spans``, ``tokens``, each step by its name);
        ``corpus``, the documents with the columns of all sidecars; ``skipped`` and ``quarantined`` records;
        ``release``, the records as released. All have a column ``slice`` but ``clusters``: copies, and what stayed.

        Args:
            query: In DuckDB's dialect.
            parameters: Values for its placeholders.

        Returns:
            A DuckDB relation: `fetchall()`, `df()`, `to_arrow_table()`, or print it.

        Raises:
            UsageError: DuckDB refuses the query.
        """
        import duckdb

        connection = self.connect()
        try:
            return connection.sql(query, params=parameters)
        except (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException) as error:
            raise UsageError("the query cannot be run", str(error).split("\n\n")[0]) from error

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return the DuckDB connection that `sql` uses, with all views."""
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect()
            for name, body in self._views().items():
                self._connection.execute(f"CREATE VIEW {_name(name)} AS {body}")
        return self._connection

    def _views(self) -> dict[str, str]:
        views = {table: self._union(table, list(self.manifest.tables[table]), ".parquet") for table in self._tables()}
        views["corpus"] = _union_all(self.view_of(name) for name in self.slices)
        views["skipped"] = self._union("documents", self.slices, ".skipped.parquet")
        views["quarantined"] = self._quarantined()
        views["clusters"] = self._clusters()
        views["release"] = self._released()
        return {name: body for name, body in views.items() if body}

    def _tables(self, slice_name: str | None = None) -> list[str]:
        every = ["documents", *self.sidecars()]
        return [table for table in every if slice_name is None or slice_name in self.manifest.tables[table]]

    def columns(self, slice_name: str) -> dict[str, str]:
        """Return the columns of a slice's part of the view ``corpus``, each with the table that it comes from.

        Of columns with the same name the first is taken; of "spans" those of the table "spans", which holds all.
        """
        found: dict[str, str] = {}
        for table in self._tables(slice_name):
            for name in _columns(f"{self.stems(table, slice_name)[0]}.parquet"):
                if name != DOCUMENT_ID and (name != "spans" or table == "spans"):
                    found.setdefault(name, table)
        return found

    def view_of(self, slice_name: str) -> str:
        """Return the SQL query behind a slice's part of the view ``corpus``: documents joined with all sidecars."""
        if not self.stems("documents", slice_name):
            return ""
        tables = self._tables(slice_name)
        wanted = [f"{_name(table)}.{_name(name)}" for name, table in self.columns(slice_name).items()]
        sources = [f"({self._select(table, slice_name, '.parquet')}) AS {_name(table)}" for table in tables]
        joins = [f" JOIN {source} ON {_name(table)}.document_id = documents.id"
                 for table, source in zip(tables[1:], sources[1:], strict=True)]  # fmt: skip
        return f"SELECT {_text(slice_name)} AS slice, {', '.join(wanted)} FROM {sources[0]}{''.join(joins)}"

    def _union(self, table: str, slices: list[str], suffix: str) -> str:
        return _union_all(self._select(table, name, suffix) for name in slices)

    def _select(self, table: str, slice_name: str, suffix: str) -> str:
        files = [f"{stem}{suffix}" for stem in self.stems(table, slice_name)]
        return f"SELECT {_text(slice_name)} AS slice, * FROM read_parquet({_list(files)})" if files else ""

    def _quarantined(self) -> str:
        files = [f"{stem}.quarantine.jsonl" for name in self.slices for stem in self.stems("documents", name)]
        files = [file for file in files if os.path.getsize(file)]
        if not files:
            return ""
        columns = "{slice: 'VARCHAR', file: 'VARCHAR', \"offset\": 'BIGINT', record: 'VARCHAR', reason: 'VARCHAR'}"
        # The slice is the name of the directory that the file lies in.
        slice_of = "split_part(filename, '/', -2) AS slice"
        body = f"read_json({_list(files)}, format = 'newline_delimited', filename = true, columns = {columns})"
        return f"SELECT {slice_of}, * EXCLUDE (slice, filename) FROM {body}"

    def _clusters(self) -> str:
        if CLUSTERS not in self.manifest.tables:
            return ""
        files = [f"{stem}.parquet" for stem in self.stems(CLUSTERS, "corpus")]
        return f"SELECT * FROM read_parquet({_list(files)})"

    def _released(self) -> str:
        files = [
            f"{stem}.jsonl.zst"
            for name in self.manifest.tables.get("release", {})
            for stem in self.stems("release", name)
            if atomic.read_receipt(stem)["rows"]
        ]
        if not files:
            return ""
        columns = "{text: 'VARCHAR', meta: 'JSON', red_pajama_subset: 'VARCHAR'}"
        options = f"format = 'newline_delimited', maximum_object_size = 1073741824, columns = {columns}"
        return f"SELECT red_pajama_subset AS slice, * FROM read_json({_list(files)}, {options})"


def _columns(path: str) -> list[str]:
    with open_shard(path) as file:
        return file.schema_arrow.names


def _union_all(selects: Iterable[str]) -> str:
    return " UNION ALL BY NAME ".join(select for select in selects if select)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _list(values: list[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"
