"""The stages of one slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redpyjama.dedup.meetings import SHARDS_PER_GROUP
from redpyjama.graph.plan import Graph, Input, Plan, code
from redpyjama.lm import training
from redpyjama.recipe import Slice, StepUse
from redpyjama.release import writers
from redpyjama.sources.read import ReadArgs, read
from redpyjama.stage import Part, SharedStep, Stage, Step, Task
from redpyjama.steps import annotate, decide, thresholds
from redpyjama.store import hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A slice has come to a step that judges documents by others; *cutting* is the last step before that cuts."""

    use: StepUse
    cutting: Stage | None


class Chain:
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
        """Name the tasks behind what one shard's task reads: the same shard's, or all of a stage that spans shards."""
        own = stage.slice == self.slice.name and stage.sharded
        return [stage.tasks[shard].name] if own else [task.name for task in stage.tasks]

    def annotate(self, models: Mapping[str, Stage]) -> Generator[Waiting, Stage]:
        """Run the steps, and end with the final text's spans, its tokens, and what the rules say.

        Args:
            models: The models that the build trains, by the name that steps call them.

        Yields:
            Each step that judges documents by others; wants its sidecar back.
        """
        cutting: Stage | None = None
        self.signals: list[Stage] = []
        for use in self.slice.steps:
            step = self.plan.catalogue.steps[use.step]
            if isinstance(step, SharedStep):
                measured = yield Waiting(use=use, cutting=cutting)
            else:
                measured = self._step(step, use, cutting, models)
            self.signals.append(measured)
            if step.spans:
                cutting = measured
        self.final = self._final(cutting)
        self.tokens = self._tokens()
        self.rules = self._rules()

    def read(self) -> None:
        """Read the dumps."""
        identity = {
            "code": code("read"),
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

        self.documents = self.stage("documents", read, identity, args, reads=[])

    def _step(self, step: Step, use: StepUse, cutting: Stage | None, models: Mapping[str, Stage]) -> Stage:
        params, only = use.params, use.only
        files = step.files(params)
        identity = {
            "code": code("model" if step.run.__module__.startswith("redpyjama.lm.") else "step"),
            "step": [use.step, step.version],
            "params": dataclasses.asdict(params),
            "files": [hashes.sha256_path(path) for path in files if path not in self.plan.recipe.models],
            "only": only,
        }
        name = getattr(params, "model", "")
        model = models.get(name)
        if name in self.plan.recipe.models:  # none where there is nothing to learn it from
            params = dataclasses.replace(params, model=training.path(model) if model else "")
        signals = self.signals if only else []

        def args(i: int) -> annotate.AnnotateArgs:
            return annotate.AnnotateArgs(
                step=step,
                params=params,
                documents=parquet(self.documents, i),
                spans=parquet(cutting, i) if cutting else None,
                only=only,
                signals=tuple(parquet(stage, i) for stage in signals),
            )

        reads = _unique([self.documents, *([cutting] if cutting else []), *signals, *([model] if model else [])])
        return self.stage(use.step, annotate.annotate, identity, args, reads=reads)

    def _final(self, cutting: Stage | None) -> Stage:
        def args(i: int) -> annotate.FinalArgs:
            spans = parquet(cutting, i) if cutting else None
            return annotate.FinalArgs(documents=parquet(self.documents, i), spans=spans)

        reads = [self.documents, *([cutting] if cutting else [])]
        return self.stage("spans", annotate.finish, {"code": code("step")}, args, reads=reads)

    def _tokens(self) -> Stage:
        step = self.plan.catalogue.steps["tokens"]
        assert isinstance(step, Step)
        params = step.params(tokenizer=self.plan.recipe.tokenizer)
        identity = {"code": code("step"), "step": step.version, "tokenizer": self.plan.tokenizer["sha256"]}

        def args(i: int) -> annotate.AnnotateArgs:
            documents, final = parquet(self.documents, i), parquet(self.final, i)
            return annotate.AnnotateArgs(step=step, params=params, documents=documents, spans=final)

        return self.stage("tokens", annotate.annotate, identity, args, reads=[self.documents, self.final])

    def _rules(self) -> Stage:
        rules = self.slice.drop
        # `because` is for people: a better explanation must not rebuild anything.
        identity = {"code": code("decide"), "rules": [[rule.rule, rule.when] for rule in rules]}
        signals = [*self.signals, self.tokens]
        chosen = self._thresholds(signals) if self.slice.thresholds else None

        def args(i: int) -> decide.RulesArgs:
            return decide.RulesArgs(
                documents=parquet(self.documents, i),
                signals=tuple(parquet(stage, i) for stage in signals),
                rules=rules,
                thresholds=self.slice.thresholds,
                chosen=parquet(chosen, 0) if chosen else None,
            )

        reads = [self.documents, *signals, *([chosen] if chosen else [])]
        return self.stage("rules", decide.apply_rules, identity, args, reads=reads)

    def _thresholds(self, signals: Sequence[Stage]) -> Stage:
        """Count the scores of all shards, and choose."""
        cuts = self.slice.thresholds
        first = tuple(rule for rule in self.slice.drop if not any(cut.decides(rule) for cut in cuts))

        def args(i: int) -> thresholds.CountArgs:
            return thresholds.CountArgs(
                documents=parquet(self.documents, i),
                signals=tuple(parquet(stage, i) for stage in signals),
                rules=first,
                thresholds=cuts,
            )

        rules = [[rule.rule, rule.when] for rule in first]
        identity = {"code": code("decide"), "rules": rules, "thresholds": [dataclasses.asdict(cut) for cut in cuts]}
        counted = self.stage("scores", thresholds.count, identity, args, reads=[self.documents, *signals])
        choice = thresholds.ChooseArgs(
            counted=tuple(parquet(counted, i) for i in range(self.num_shards)), thresholds=cuts
        )
        where = (self.plan.root, "thresholds", self.slice.name)
        return self.graph.single(where, thresholds.choose, identity, choice, reads=[counted])

    def decide(self, losers: Stage | None) -> None:
        """Bring rules and duplicates together."""

        def args(i: int) -> decide.DecideArgs:
            shard = self.first_shard + i
            return decide.DecideArgs(
                shard=shard,
                rules=parquet(self.rules, i),
                final=parquet(self.final, i),
                tokens=parquet(self.tokens, i),
                duplicates=tuple(f"{task.output}.arrow" for task in losers.tasks) if losers else (),
                partition=shard // SHARDS_PER_GROUP,
            )

        # The shard's number is how duplicates name it: with other slices before it, the same slice has other numbers.
        identity = {"code": code("decide"), "first_shard": self.first_shard}
        reads = [self.rules, self.final, self.tokens, *([losers] if losers else [])]
        self.decisions = self.stage("decisions", decide.decide, identity, args, reads=reads)

    def release(self) -> None:
        """Write the kept documents in the form that others download."""

        def args(i: int) -> writers.PartArgs:
            return writers.PartArgs(
                slice=self.slice.name,
                documents=parquet(self.documents, i),
                final=parquet(self.final, i),
                decisions=parquet(self.decisions, i),
                tokens=parquet(self.tokens, i),
            )

        reads = [self.documents, self.final, self.decisions, self.tokens]
        self.stage("release", writers.write_part, {"code": code("release")}, args, reads=reads)


def parquet(stage: Stage, shard: int) -> str:
    """Return the path of one shard of a stage."""
    return f"{stage.tasks[shard].output}.parquet"


def _unique(stages: Sequence[Stage]) -> list[Stage]:
    return list({stage.name: stage for stage in stages}.values())


def _weight(part: Part) -> int:
    stop = part.dump.num_bytes if part.stop is None else part.stop
    return (stop - part.start) // part.num_stripes
