"""Watching a build: the log of every task, and the live table of a terminal.

Timings live here and in ``build.log.jsonl`` only; no artefact knows how long it took.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import time
from collections.abc import Generator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from redpyjama.engine.base import Event, Observer, pending
from redpyjama.stage import Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_COUNTS = ("tasks", "found", "weight", "weight_left")

LINE_SECONDS = 5.0
"""How often a build says where it is when nobody watches a terminal."""


@contextlib.contextmanager
def log(root: str, tasks: Sequence[Task], workers: int, observe: Observer | None) -> Generator[Observer]:
    """Append what is to be done, every event and the end to ``build.log.jsonl``, and pass events on.

    Nothing is written where nothing is to be done: the log tells of the last run that did something.
    """
    left = pending(tasks)
    if not left:
        yield observe or (lambda event: None)
        return
    with open(os.path.join(root, "build.log.jsonl"), "a", encoding="utf-8") as file:

        def write(record: Mapping[str, Any]) -> None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
            file.write(json.dumps({"time": now, **record}, ensure_ascii=False) + "\n")
            file.flush()

        def told(event: Event) -> None:
            write({k: v for k in Event.__slots__ if (v := getattr(event, k))})
            if observe:
                observe(event)

        write({"what": "planned", "workers": workers, **_planned(tasks, left)})
        try:
            yield told
        except BaseException as error:
            write({"what": "ended", "reason": f"{type(error).__name__}: {error}"})
            raise
        write({"what": "ended"})


def _planned(tasks: Sequence[Task], left: Mapping[str, Task]) -> dict[str, Any]:
    """Return what is to be done: of each stage its tasks and those done already, and what weighs those that are not."""
    stages: dict[str, dict[str, int]] = {}
    for task in tasks:
        counts = stages.setdefault(task.name.rpartition("/")[0], dict.fromkeys(_COUNTS, 0))
        counts["tasks"] += 1
        counts["weight"] += task.weight
        if task.name in left:
            counts["weight_left"] += task.weight
        else:
            counts["found"] += 1
    return {"stages": stages, "weights": {name: task.weight for name, task in left.items() if task.weight}}


class Display:
    """One line a slice while a build runs: stage, documents, speed, kept.

    On a terminal a table that is redrawn in place; elsewhere a line every few seconds.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._slices: dict[str, _SliceProgress] = {}
        self._start = self._last = time.monotonic()
        self._live = None
        if console.is_terminal:
            from rich.live import Live

            self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take an event; see `redpyjama.engine.base.Observer`."""
        stage, slice_name, _ = event.task.split("/")
        self._slices.setdefault(slice_name, _SliceProgress()).take(stage, event)
        now = time.monotonic()
        if event.what in ("retried", "failed"):
            self._console.print(f"[yellow]{event.what}[/] {event.task}: {event.reason}", highlight=False)
        if self._live and now - self._last > 0.1:
            self._live.update(self._table(), refresh=True)
            self._last = now
        elif not self._live and now - self._last > LINE_SECONDS:
            self._line(self._console.file)
            self._last = now

    def _table(self) -> Table:
        from rich.table import Table

        table = Table("slice", "stage", box=None, pad_edge=False)
        for name in ("tasks", "documents", "MB", "MB/s of a core", "kept"):
            table.add_column(name, justify="right")
        for name, progress in self._slices.items():
            table.add_row(name, *progress.cells())
        return table

    def _line(self, file: IO[str]) -> None:
        seconds = time.monotonic() - self._start
        parts = [f"{name} {p.stage} {p.documents:,} documents" for name, p in self._slices.items()]
        print(f"{seconds:6.0f} s  " + "  |  ".join(parts), file=file, flush=True)


class _SliceProgress:
    """What is known of one slice."""

    def __init__(self) -> None:
        self.stage = ""
        self.started = self.done = self.documents = self.num_bytes = self.kept = 0
        self.read_seconds = 0.0

    def take(self, stage: str, event: Event) -> None:
        if event.what == "started":
            self.stage = stage
            self.started += 1
        elif event.what == "done":
            self.done += 1
            if stage == "documents":
                self.documents += event.counts["rows"]
                self.num_bytes += event.counts["bytes_read"]
                self.read_seconds += event.cpu_seconds
            elif stage == "decisions":
                self.kept += event.counts["kept"]

    def cells(self) -> list[str]:
        speed = f"{self.num_bytes / 1e6 / self.read_seconds:.1f}" if self.read_seconds else ""
        kept = f"{self.kept:,}" if self.kept else ""
        return [
            self.stage,
            f"{self.done}/{self.started}",
            f"{self.documents:,}",
            f"{self.num_bytes / 1e6:.1f}",
            speed,
            kept,
        ]
