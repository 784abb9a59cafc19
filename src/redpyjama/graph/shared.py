"""The stages of a step that judges documents by others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redpyjama import limits
from redpyjama.dedup import meetings
from redpyjama.errors import UsageError
from redpyjama.graph.chain import Chain, Waiting, parquet
from redpyjama.graph.plan import Graph, Plan, code
from redpyjama.stage import SharedStep, Stage, Task
from redpyjama.store import exchange, hashes


def add(graph: Graph, plan: Plan, waiting: Sequence[tuple[Chain, Waiting]]) -> list[Stage]:
    """Add the stages of one such step for all slices that take part together; return the sidecar of each."""
    return _Step(graph, plan, waiting).add()


def next_together(waiting: Mapping[str, tuple[Chain, Waiting]]) -> list[str]:
    """Return the slices that take the next such step together.

    Raises:
        UsageError: They have such steps over the whole corpus in different orders, or with different parameters.
    """
    for name, (_, wait) in waiting.items():
        if wait.use.params.group != "corpus":
            return [name]
    for _, wait in waiting.values():
        step = wait.use.step
        here = [name for name, (_, other) in waiting.items() if other.use.step == step]
        if any(step in _ahead(*waiting[name]) for name in waiting if name not in here):
            continue
        if any(waiting[name][1].use.params != wait.use.params for name in here):
            what = f"step {step!r} over the whole corpus has other parameters in other slices ({', '.join(here)})"
            raise UsageError(what, "give it the same in all of them, or group = 'slice'")
        return here
    steps = ", ".join(f"{name}: {wait.use.step}" for name, (_, wait) in waiting.items())
    raise UsageError(
        f"steps over the whole corpus come in different orders ({steps})", "order them alike in all slices"
    )


def _ahead(chain: Chain, wait: Waiting) -> list[str]:
    """Name the steps over the whole corpus that a slice has still before it."""
    later = chain.slice.steps[chain.slice.steps.index(wait.use) + 1 :]
    return [use.step for use in later if getattr(use.params, "group", "") == "corpus"]


@dataclass
class _Step:
    graph: Graph
    plan: Plan
    waiting: Sequence[tuple[Chain, Waiting]]

    def __post_init__(self) -> None:
        _, first = self.waiting[0]
        step = self.plan.catalogue.steps[first.use.step]
        assert isinstance(step, SharedStep)
        self.step, self.params = step, first.use.params
        self.alone = first.use.params.group != "corpus"
        self.scope = self.waiting[0][0].slice.name if self.alone else "corpus"
        sizes = [found.dump.num_bytes for chain, _ in self.waiting for _, found in chain.parts]
        self.num_partitions = exchange.num_partitions(sizes, 256 * limits.MIB)
        self.identity = {
            "code": code("dedup"),
            "step": [step.name, step.version],
            "params": dataclasses.asdict(self.params),
            "n": self.num_partitions,
        }

    def number(self, chain: Chain, i: int) -> int:
        return i if self.alone else chain.first_shard + i

    def shard(self, chain: Chain, cutting: Stage | None, i: int) -> meetings.Shard:
        dump = f"{chain.slice.name}\0{chain.parts[i][1].dump.name}"
        groups = {"document": dump, "dump": dump, "slice": chain.slice.name, "corpus": ""}
        return meetings.Shard(
            documents=parquet(chain.documents, i),
            spans=parquet(cutting, i) if cutting else None,
            number=self.number(chain, i),
            group=groups[self.params.group],
        )

    def add(self) -> list[Stage]:
        answers: Stage | None = None
        for meeting in range(len(self.step.meetings)):
            sent = [self.send(chain, wait.cutting, meeting, answers) for chain, wait in self.waiting]
            answers = self.meet(meeting, sent)
        assert answers
        return [self.mark(chain, wait.cutting, answers) for chain, wait in self.waiting]

    def send(self, chain: Chain, cutting: Stage | None, meeting: int, answers: Stage | None) -> Stage:
        def args(i: int) -> meetings.SendArgs:
            return meetings.SendArgs(
                step=self.step,
                params=self.params,
                meeting=meeting,
                shard=self.shard(chain, cutting, i),
                answers=_files(answers),
                num_partitions=self.num_partitions,
            )

        identity = {**self.identity, "first": self.number(chain, 0)}
        reads = [chain.documents, *(stage for stage in (cutting, answers) if stage)]
        return chain.stage(f"{self.step.name}.sent{meeting}", meetings.send, identity, args, reads=reads)

    def meet(self, meeting: int, sent: Sequence[Stage]) -> Stage:
        table = f"{self.step.name}.met{meeting}"
        key = hashes.key(table, self.identity, [stage.key for stage in sent])
        directory = f"stages/{table}-{key}/{self.scope}"
        files = tuple(path for stage in sent for path in _files(stage))
        numbers = tuple(self.number(chain, i) for chain, _ in self.waiting for i in range(chain.num_shards))
        groups = -(-(max(numbers, default=-1) + 1) // meetings.SHARDS_PER_GROUP)
        tasks = tuple(
            Task(
                name=f"{table}/{self.scope}/part-{p:05d}",
                run=meetings.meet,
                args=meetings.MeetArgs(
                    step=self.step,
                    params=self.params,
                    meeting=meeting,
                    sent=files,
                    numbers=numbers,
                    partition=p,
                    num_groups=groups,
                ),
                output=f"{self.plan.root}/{directory}/part-{p:05d}",
                needs=tuple(task.name for stage in sent for task in stage.tasks),
            )
            for p in range(self.num_partitions)
        )
        stage = Stage(name=table, slice=self.scope, key=key, directory=directory, tasks=tasks, sharded=False)
        self.graph.stages.append(stage)
        self.graph.tables.setdefault(table, {})[self.scope] = stage
        return stage

    def mark(self, chain: Chain, cutting: Stage | None, answers: Stage) -> Stage:
        def args(i: int) -> meetings.MarkArgs:
            shard = self.shard(chain, cutting, i)
            return meetings.MarkArgs(step=self.step, params=self.params, shard=shard, answers=_files(answers))

        identity = {**self.identity, "first": self.number(chain, 0)}
        reads = [chain.documents, *([cutting] if cutting else []), answers]
        return chain.stage(self.step.name, meetings.mark, identity, args, reads=reads)


def _files(stage: Stage | None) -> tuple[str, ...]:
    return tuple(f"{task.output}.arrow" for task in stage.tasks) if stage else ()
