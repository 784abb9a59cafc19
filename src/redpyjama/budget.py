"""The error budget: a build whose dumps are worse than its recipe bears stops early, and says what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redpyjama.engine.base import Event, Observer, is_done
from redpyjama.errors import InputError
from redpyjama.graph import Graph
from redpyjama.recipe import Budget
from redpyjama.store import atomic

MAX_REASONS = 3
"""Reasons that the error names: the commonest."""


@dataclass(slots=True)
class _Counts:
    """Of one slice: its shards, those that are read, and the records of these."""

    shards: int
    done: int = 0
    read: int = 0
    quarantined: int = 0

    def add(self, counts: Mapping[str, Any]) -> None:
        self.done += 1
        self.read += counts["read"]
        self.quarantined += counts["quarantined"]


class ErrorBudget:
    """Counts what is quarantined; see `redpyjama.recipe.Budget`."""

    def __init__(self, budget: Budget, graph: Graph) -> None:
        self._budget = budget
        self._graph = graph
        self._slices: dict[str, _Counts] = {}
        for name, stage in graph.tables.get("documents", {}).items():
            counts = self._slices[name] = _Counts(len(stage.tasks))
            for task in stage.tasks:
                if is_done(task):
                    counts.add(atomic.read_receipt(task.output))
        for name in self._slices:
            self._judge(name)

    def watch(self, observe: Observer) -> Observer:
        """Return an observer that counts, and passes events on.

        Raises (the observer does):
            InputError: More of a slice's records are quarantined than the budget allows.
        """

        def told(event: Event) -> None:
            observe(event)
            stage, name, _ = event.task.split("/")
            if stage == "documents" and event.what == "done":
                self._slices[name].add(event.counts)
                self._judge(name)

        return told

    def _judge(self, name: str) -> None:
        counts = self._slices[name]
        if counts.read < self._budget.min_records and counts.done < counts.shards:
            return
        share = counts.quarantined / counts.read if counts.read else 0.0
        if share > self._budget.quarantined:
            what = (
                f"{counts.quarantined:,} of {counts.read:,} records cannot be read ({share:.1%}), and [budget] of the "
                f"recipe bears {self._budget.quarantined:.1%}: {self._reasons(name)}"
            )
            remedy = "mend or leave out these dumps, or raise 'quarantined'; the same build command goes on from here"
            raise InputError(f"slice {name}", what, remedy)

    def _reasons(self, name: str) -> str:
        """Return the commonest reasons, each with a file that has it."""
        reasons: Counter[str] = Counter()
        files: dict[str, str] = {}
        for task in self._graph.tables["documents"][name].tasks:
            if is_done(task):
                with open(f"{task.output}.quarantine.jsonl", encoding="utf-8") as lines:
                    for entry in map(json.loads, lines):
                        reasons[entry["reason"]] += 1
                        files.setdefault(entry["reason"], entry["file"])
        common = reasons.most_common(MAX_REASONS)
        return "; ".join(f"{count:,} times {reason!r} (as in {files[reason]})" for reason, count in common)
