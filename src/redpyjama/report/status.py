"""How far a build is, from its log: for another terminal, while it runs or after it ended."""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from redpyjama.errors import CorpusError
from redpyjama.report.duplicates import safe
from redpyjama.store import lock

LOG = "build.log.jsonl"

State = Literal["running", "finished", "stopped"]


@dataclass(slots=True, kw_only=True)
class StageStatus:
    """One stage of one slice ("corpus" for those over all).

    Attributes:
        tasks: How many it has; *found* of them were done when the build began.
        weight: Bytes of dumps behind all tasks; *weight_left* behind those still to be done.
        rows: Of what this run has done.
        cpu_seconds: Of what this run has done, and *weight_measured* the bytes behind that.
        peak_bytes: Of the largest process that ran one.
    """

    stage: str
    slice: str
    tasks: int
    found: int
    weight: int
    weight_left: int
    done: int = 0
    running: int = 0
    retried: int = 0
    failed: int = 0
    rows: int = 0
    cpu_seconds: float = 0.0
    weight_measured: int = 0
    peak_bytes: int = 0

    @property
    def left(self) -> int:
        """Tasks that are still to be done."""
        return self.tasks - self.found - self.done


@dataclass(slots=True, kw_only=True)
class Status:
    """A build.

    Attributes:
        state: "running": a process writes there; "finished": it came to its end; "stopped": it did not.
        began: When the last run began, by the clock of its machine.
        seconds: How long it has been running, or ran.
        tasks: Of the whole build, *done* of them now.
        cpu_seconds_left: What is left at the speed so far; None where a stage has not been measured in this run.
        workers: Processes at work at once.
        reason: Why it stopped, where it could say so.
        problems: The last tasks that were tried again or failed: task and reason.
    """

    state: State
    began: str
    seconds: float
    tasks: int
    done: int
    cpu_seconds_left: float | None
    workers: int
    reason: str = ""
    quarantined: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    stages: list[StageStatus] = field(default_factory=list[StageStatus])


def read(root: str, *, now: datetime.datetime | None = None) -> Status:
    """Read the log of a build as far as it is written.

    Raises:
        CorpusError: There is no log of a build.
    """
    run, ended = _last_run(root)
    if not run:
        raise CorpusError(root, "there is no log of a build", f"a build writes {LOG} into its corpus directory")
    began = datetime.datetime.fromisoformat(run[0]["time"])
    held = lock.is_held(root)
    last = (now or datetime.datetime.now(datetime.UTC)) if held else datetime.datetime.fromisoformat(run[-1]["time"])
    stages = {
        name: StageStatus(stage=name.split("/")[0], slice=name.split("/")[1], **counts)
        for name, counts in run[0]["stages"].items()
    }
    weights: dict[str, int] = run[0]["weights"]
    problems: list[tuple[str, str]] = []
    quarantined = 0
    for event in run[1:]:
        if (task := event.get("task")) is None:
            continue
        stage = stages[task.rpartition("/")[0]]
        _take(stage, event, weights.get(task, 0))
        quarantined += event.get("counts", {}).get("quarantined", 0)
        if event["what"] in ("retried", "failed"):
            problems.append((task, event.get("reason", "")))
    state: State = "running" if held else "finished" if ended and not ended.get("reason") else "stopped"
    if state != "running":
        for stage in stages.values():
            stage.running = 0
    return Status(
        state=state,
        began=run[0]["time"],
        seconds=(last - began).total_seconds(),
        tasks=sum(stage.tasks for stage in stages.values()),
        done=sum(stage.found + stage.done for stage in stages.values()),
        cpu_seconds_left=_left(list(stages.values())),
        workers=run[0]["workers"],
        reason=(ended or {}).get("reason", ""),
        quarantined=quarantined,
        problems=problems[-5:],
        stages=list(stages.values()),
    )


def _last_run(root: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the entries of the last run, its plan first, and its end if it has one; no line that is half written."""
    run: list[dict[str, Any]] = []
    try:
        with open(os.path.join(root, LOG), encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    break
                entry = json.loads(line)
                if entry["what"] == "planned":
                    run = [entry]
                elif run:
                    run.append(entry)
    except FileNotFoundError:
        pass
    ended = run[-1] if run and run[-1]["what"] == "ended" else None
    return run, ended


def _take(stage: StageStatus, event: dict[str, Any], weight: int) -> None:
    what = event["what"]
    if what == "started":
        stage.running += 1
        return
    stage.running -= 1
    if what == "done":
        stage.done += 1
        stage.weight_left -= weight
        stage.weight_measured += weight
        stage.rows += event.get("counts", {}).get("rows", 0)
        stage.cpu_seconds += event.get("cpu_seconds", 0.0)
        stage.peak_bytes = max(stage.peak_bytes, event.get("peak_bytes", 0))
    elif what == "retried":
        stage.retried += 1
    elif what == "failed":
        stage.failed += 1


def _left(stages: list[StageStatus]) -> float | None:
    """Return CPU seconds of what is left: each stage as fast as so far, by the bytes of dumps behind its tasks."""
    total = 0.0
    for stage in stages:
        if stage.left == 0:
            continue
        if stage.done == 0:
            return None
        by_weight = stage.weight_left / stage.weight_measured if stage.weight_measured else stage.left / stage.done
        total += stage.cpu_seconds * by_weight
    return total


def print_status(status: Status, *, console: Console | None = None) -> None:
    """Print it: a line on the whole, a row for each stage at work or with failures, and what went wrong."""
    out = console or Console(highlight=False)
    share = status.done / status.tasks if status.tasks else 1.0
    out.print(f"{status.state} since {status.began[:19]}Z, {_duration(status.seconds)}: {_tasks(status)} ({share:.0%})")
    if status.reason:
        out.print(Text(safe(f"stopped: {status.reason}"), style="red"))
    if status.state == "running":
        left = status.cpu_seconds_left
        what = "unknown: a stage has not begun" if left is None else f"about {_duration(left / status.workers)}"
        out.print(f"left: {what}, with {status.workers} workers")
    elif status.state == "stopped":
        out.print("the same build command goes on from here")
    if status.quarantined:
        out.print(f"quarantined in this run: {status.quarantined:,} records; see quarantine/ when it is finished")
    begun = [s for s in status.stages if s.left and (s.done or s.running or s.failed or s.retried)]
    finished = sum(stage.left == 0 for stage in status.stages)
    out.print(f"stages: {finished} finished, {len(begun)} begun, {len(status.stages) - finished - len(begun)} not yet")
    if begun:
        out.print(_table(begun))
    repeated = Counter(status.problems)
    for (task, reason), count in repeated.items():
        times = f" ({count} times)" if count > 1 else ""
        out.print(Text(safe(f"{task}: {reason}{times}"), style="yellow"))


def _tasks(status: Status) -> str:
    return f"{status.done:,} of {status.tasks:,} tasks done"


def _table(stages: Sequence[StageStatus]) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in ("slice", "stage"):
        table.add_column(head, no_wrap=True)
    for head in ("tasks", "running", "rows", "CPU s", "peak MB", "tried again", "failed"):
        table.add_column(head, justify="right", no_wrap=True)
    for stage in stages:
        table.add_row(
            stage.slice,
            stage.stage,
            f"{stage.found + stage.done:,}/{stage.tasks:,}",
            f"{stage.running:,}" if stage.running else "",
            f"{stage.rows:,}" if stage.rows else "",
            f"{stage.cpu_seconds:,.1f}" if stage.done else "",
            f"{stage.peak_bytes / 2**20:,.0f}" if stage.peak_bytes else "",
            f"{stage.retried:,}" if stage.retried else "",
            f"{stage.failed:,}" if stage.failed else "",
            style="red" if stage.failed else "",
        )
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
