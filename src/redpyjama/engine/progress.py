"""Watching a build: the log of every task, and the live table of a terminal.

Timings live here and in ``build.log.jsonl`` only; no artefact knows how long it took.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import time
from collections.abc import Generator
from typing import IO, TYPE_CHECKING

from redpyjama.engine.base import Event, Observer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LINE_SECONDS = 5.0
"""How often a build says where it is when nobody watches a terminal."""


@contextlib.contextmanager
def log(root: str, observe: Observer | None) -> Generator[Observer]:
    """Append every event to ``build.log.jsonl`` and pass it on."""
    with open(os.path.join(root, "build.log.jsonl"), "a", encoding="utf-8") as file:

        def told(event: Event) -> None:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
            record = {"time": now, **{k: v for k in Event.__slots__ if (v := getattr(event, k))}}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            if observe:
                observe(event)

        yield told


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
