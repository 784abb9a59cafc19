"""The tasks that train a model: what it needs of each shard is collected, then one task learns from all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from redpyjama.errors import TooLittleText
from redpyjama.stage import Stage, Task, Trainer
from redpyjama.store.atomic import Output
from redpyjama.store.shards import read_batches

COLLECTED = "collected"
MODEL = "model"
NOT_LEARNT = "not_learnt"
"""In the receipt of a model that is not required: why it was not learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectArgs:
    """What the collection from one shard needs: *documents* is the path of the shard."""

    trainer: Trainer
    params: Any
    slice: str
    documents: str


def collect(task: Task) -> dict[str, Any]:
    """Collect what the trainer needs of one shard; see `redpyjama.stage.Task.run`."""
    args: CollectArgs = task.args
    rows = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for (batch,) in read_batches(args.documents):
            rows += batch.num_rows
            yield batch

    with Output(task.output) as output, output.scratch() as scratch:
        path = os.path.join(scratch, COLLECTED)
        counts = args.trainer.collect(batches(), args.slice, args.params, path)
        output.take(COLLECTED, path)
        return output.commit(rows=rows, **counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitArgs:
    """What the learning needs.

    Attributes:
        required: Whether too little to learn from is an error; otherwise the model's file is empty.
        collected: (slice, path) of each shard, in the order of slices and shards.
    """

    trainer: Trainer
    params: Any
    required: bool = True
    collected: tuple[tuple[str, str], ...]


def fit(task: Task) -> dict[str, Any]:
    """Learn the model; see `redpyjama.stage.Task.run`."""
    args: FitArgs = task.args
    with Output(task.output) as output, output.scratch() as scratch:
        path = os.path.join(scratch, MODEL)
        try:
            counts = dict(args.trainer.fit(args.collected, args.params, path))
        except TooLittleText as error:
            if args.required:
                raise
            open(path, "wb").close()
            counts = {NOT_LEARNT: str(error)}
        output.take(MODEL, path)
        return output.commit(rows=len(args.collected), **counts)


def path(stage: Stage) -> str:
    """Return where the model that a stage learns will lie."""
    return f"{stage.tasks[0].output}.{MODEL}"
