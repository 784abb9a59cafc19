"""Corpora that were released before: new documents are compared with theirs, and theirs stay.

Of an earlier corpus nothing is read anew but what de-duplication needs: its fingerprints where they were made by the
same methods, else its final texts for new ones; and of documents that share a key with others, what they are compared
by. Only documents that it released count: a copy that it dropped keeps nothing out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redpyjama.corpus import Corpus
from redpyjama.dedup import fingerprints, members
from redpyjama.dedup.fingerprints import Use
from redpyjama.errors import CorpusError
from redpyjama.graph.plan import Graph, Plan, code
from redpyjama.stage import Stage, Task
from redpyjama.store import hashes

EARLIER_RANK = -1
"""Before every slice of the build."""

_NEEDED = ("documents", "rules", "spans", "decisions")


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSlice:
    """A slice of an earlier corpus.

    Attributes:
        number: Of the corpus, from 0.
        stems: Table -> the paths of its shards, without suffix.
        key: What its tables are called in the corpus: it stands for their content.
    """

    number: int
    corpus: Corpus
    name: str
    stems: dict[str, list[str]]
    key: str

    @property
    def num_shards(self) -> int:
        """How many shards it has."""
        return len(self.stems["documents"])

    def fingerprints(self, uses: Sequence[Use]) -> list[str] | None:
        """Return the files of its keys if these methods made them, else None."""
        if self.name not in self.corpus.manifest.tables.get("fingerprints", {}):
            return None
        made = self.corpus.receipts("fingerprints", self.name)
        if any(receipt.get("methods") != fingerprints.identity(uses) for receipt in made):
            return None
        return [f"{stem}.arrow" for stem in self.corpus.stems("fingerprints", self.name)]


def slices_of(paths: Sequence[str], root: str) -> list[EarlierSlice]:
    """Return the slices of all earlier corpora.

    Raises:
        CorpusError: One is not there or not finished, is the corpus that is built, or lacks tables.
    """
    found: list[EarlierSlice] = []
    for number, path in enumerate(paths):
        if os.path.realpath(path) == os.path.realpath(root):
            raise CorpusError(path, "is the corpus that is built", "name another one with --against, or none")
        corpus = Corpus(os.path.abspath(path))
        for name in corpus.slices:
            missing = [table for table in _NEEDED if name not in corpus.manifest.tables.get(table, {})]
            if missing:
                what = f"slice {name} has no table {missing[0]!r} to compare with"
                raise CorpusError(path, what, "build it again with this version")
            tables = {table: corpus.manifest.tables[table][name] for table in _NEEDED}
            found.append(
                EarlierSlice(
                    number=number,
                    corpus=corpus,
                    name=name,
                    stems={table: corpus.stems(table, name) for table in _NEEDED},
                    key=hashes.key("earlier", tables, corpus.manifest.content_sha256),
                )
            )
    return found


def send_keys(graph: Graph, plan: Plan, part: EarlierSlice, uses: tuple[Use, ...], num_partitions: int) -> Stage:
    """Add the stage that makes fingerprints of an earlier slice anew."""
    args = [
        fingerprints.KeyArgs(
            documents=f"{part.stems['documents'][i]}.parquet",
            rules=f"{part.stems['rules'][i]}.parquet",
            final=f"{part.stems['spans'][i]}.parquet",
            methods=uses,
            num_partitions=num_partitions,
        )
        for i in range(part.num_shards)
    ]
    identity = [part.key, code("dedup"), fingerprints.identity(uses), num_partitions]
    tasks = [(fingerprints.send, each) for each in args]
    return _stage(graph, plan, part, "fingerprints", hashes.key("fingerprints", *identity), tasks, ())


def send_members(
    graph: Graph,
    plan: Plan,
    part: EarlierSlice,
    uses: tuple[Use, ...],
    *,
    roots: Stage,
    first_shard: int,
    num_partitions: int,
) -> Stage:
    """Add the stage that sends what the documents of an earlier slice are compared by."""
    dedup = plan.recipe.dedup
    every = tuple(use.method for use in dedup.methods)
    args = [
        members.MemberArgs(
            documents=f"{part.stems['documents'][i]}.parquet",
            final=f"{part.stems['spans'][i]}.parquet",
            signals=(),
            decisions=f"{part.stems['decisions'][i]}.parquet",
            roots=tuple(f"{task.output}.arrow" for task in roots.tasks),
            shard=first_shard + i,
            rank=EARLIER_RANK,
            prefer=("NULL",) * len(dedup.prefer),
            methods=uses,
            all_methods=every,
            num_partitions=num_partitions,
        )
        for i in range(part.num_shards)
    ]
    identity = [part.key, code("dedup"), fingerprints.identity(uses), every, len(dedup.prefer), first_shard]
    tasks = [(members.send, each) for each in args]
    key = hashes.key("members", *identity, num_partitions, roots.key)
    return _stage(graph, plan, part, "members", key, tasks, tuple(task.name for task in roots.tasks))


def _stage(
    graph: Graph,
    plan: Plan,
    part: EarlierSlice,
    table: str,
    key: str,
    tasks: Sequence[tuple[Any, Any]],
    needs: tuple[str, ...],
) -> Stage:
    slice_name = f"earlier{part.number}-{part.name}"
    directory = f"stages/{table}-{key}/{slice_name}"
    stage = Stage(
        name=table,
        slice=slice_name,
        key=key,
        directory=directory,
        tasks=tuple(
            Task(
                name=f"{table}/{slice_name}/part-{i:05d}",
                run=run,
                args=args,
                output=f"{plan.root}/{directory}/part-{i:05d}",
                needs=needs,
            )
            for i, (run, args) in enumerate(tasks)
        ),
        sharded=False,
    )
    graph.stages.append(stage)
    graph.tables.setdefault(table, {})[slice_name] = stage
    return stage
