"""What every engine promises: each task of the graph is run after the tasks it needs, retried, and never half-visible.

An engine only schedules. Whether a task is done is a fact of the file system (its receipt), so that a killed build
resumes, a second build does nothing, and engines can be swapped between two runs.
"""

from __future__ import annotations

import os
import resource
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from redpyjama.errors import TaskError
from redpyjama.stage import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a task.

    Attributes:
        what: "started", "done", "retried" or "failed".
        counts: What the task's receipt says (for "done").
        reason: Why it is retried or failed.
        peak_bytes: Largest resident size of the process that ran it, so far.
    """

    what: str
    task: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    counts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reason: str = ""


Observer = Callable[[Event], None]


class Engine(Protocol):
    """Runs a graph of tasks."""

    def run(self, tasks: Sequence[Task], observe: Observer) -> None:
        """Run all tasks that are not done, in an order that respects `Task.needs`.

        Raises:
            TaskError: A task failed in all its tries; tasks that do not need it are finished first.
        """
        ...


def is_done(task: Task) -> bool:
    """Say whether the task's receipt is there."""
    return os.path.exists(f"{task.output}.json")


def pending(tasks: Iterable[Task]) -> dict[str, Task]:
    """Return the tasks that are still to be run, by name."""
    return {task.name: task for task in tasks if not is_done(task)}


def execute(task: Task) -> Event:
    """Run one task in this process and measure it.

    Raises:
        TaskError: Whatever went wrong, with its traceback as text: the exception itself may not survive the way home.
    """
    start, cpu = time.perf_counter(), time.process_time()
    try:
        counts = task.run(task)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise TaskError(task.name, reason, traceback.format_exc()) from error
    return Event(
        what="done",
        task=task.name,
        seconds=round(time.perf_counter() - start, 4),
        cpu_seconds=round(time.process_time() - cpu, 4),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        counts=counts,
    )
