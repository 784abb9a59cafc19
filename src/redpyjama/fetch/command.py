"""The command `fetch`: what it shows while files come, and what it says at the end."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from redpyjama.errors import UsageError
from redpyjama.fetch.download import Patience, Wanted
from redpyjama.fetch.publishers import Choice, Publishers, files
from redpyjama.fetch.run import fetch
from redpyjama.recipe import Recipe

LINE_SECONDS = 5.0
"""How often a line says how far it is when nobody watches a terminal."""

_PATTERNS = {
    "common_crawl": "common_crawl/*/*.warc.gz", "c4": "c4/*.json.gz", "book": "book", "wikipedia": "wikipedia/*.bz2",
    "stackexchange": "stackexchange/*.7z",
}  # fmt: skip


def run(
    recipe: Recipe,
    to: str,
    console: Console,
    *,
    slices: Sequence[str] = (),
    sample: float = 1.0,
    crawls: Sequence[str] = (),
    jobs: int = 4,
    only_list: bool = False,
    publishers: Publishers | None = None,
    patience: Patience | None = None,
    seconds_between: float = 0.5,
) -> dict[str, Any]:
    """Download the dumps of a recipe; return what `--json` prints.

    Args:
        recipe: Whose slices.
        to: The folder.
        console: Where progress goes.
        slices: Those to download; all of the recipe if there are none.
        sample: Share of each publisher's files.
        crawls: Of Common Crawl; the latest if there are none.
        jobs: Files at a time.
        only_list: Download nothing but lists.
        publishers: Where files are.
        patience: With servers.
        seconds_between: Between two requests to one host.

    Raises:
        UsageError: *sample* is no share, or the recipe has no such slice.
        InputError: A publisher's list cannot be had.
        CorpusError: The folder cannot be written, is too small, or in use.
    """
    if not 0 < sample <= 1:
        raise UsageError(f"sample {sample} is not in (0, 1]", "it is the share of files to fetch, as in --sample 0.01")
    choice = Choice(recipe=recipe, share=sample, crawls=tuple(crawls))
    wanted, explained = files(choice, slices or tuple(recipe.slices), publishers or Publishers())
    got: list[dict[str, Any]] = []
    failed: list[tuple[Wanted, str]] = []
    if not only_list and wanted:
        with _Progress(console, wanted) as progress:
            got, failed = fetch(
                wanted, to, jobs=jobs, patience=patience, seconds_between=seconds_between, told=progress.told
            )
    return {
        "wanted": [{"slice": f.slice, "url": f.url, "path": f.path, "bytes": f.num_bytes} for f in wanted],
        "fetched": got,
        "failed": [{"slice": file.slice, "url": file.url, "reason": reason} for file, reason in failed],
        "explained": [{"slice": e.slice, "why": e.why} for e in explained],
        "build": None if only_list else build_command(recipe, to, got),
    }


def build_command(recipe: Recipe, to: str, got: Sequence[dict[str, Any]]) -> str:
    """Return what to type next."""
    names = [name for name in recipe.slices if any(file["slice"] == name for file in got)]
    inputs = " ".join(f"{name}={shlex.quote(f'{to}/{_PATTERNS[name]}')}" for name in names)
    return f"redpyjama build {shlex.quote(recipe.name)} --inputs {inputs} --to corpus" if names else ""


def print_outcome(outcome: dict[str, Any], console: Console, *, only_list: bool) -> None:
    """Say what came, what did not and why, what is left to the user, and what to type next."""
    if only_list:
        for file in outcome["wanted"]:
            console.print(Text(file["url"]), soft_wrap=True)
    else:
        total = sum(file["bytes"] for file in outcome["fetched"])
        console.print(f"{len(outcome['fetched'])} files, {total / 1e9:.2f} GB are there")
    for file in outcome["failed"]:
        console.print(Text(f"{file['url']}: {file['reason']}", style="red"), soft_wrap=True)
    if outcome["failed"]:
        console.print("the same command goes on from here")
    for slice_ in outcome["explained"]:
        console.print(Text(f"{slice_['slice']}: {slice_['why']}", style="yellow"))
    if outcome["build"]:
        console.print(Text(f"\nNext\n  {outcome['build']}"), soft_wrap=True)


class _Progress:
    """A line on what has come: redrawn on a terminal, else every few seconds."""

    def __init__(self, console: Console, wanted: Sequence[Wanted]) -> None:
        self._console = console
        self._guard = threading.Lock()
        self._files = len(wanted)
        sizes = [file.num_bytes for file in wanted]
        self._total = sum(size or 0 for size in sizes) if all(sizes) else None
        self._begun: set[str] = set()
        self._bytes = 0
        self._start = self._last = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._console.print()

    def told(self, file: Wanted, count: int) -> None:
        """Take note of bytes that came."""
        with self._guard:
            self._begun.add(file.path)
            self._bytes += count
            now = time.monotonic()
            if now - self._last < (0.2 if self._console.is_terminal else LINE_SECONDS):
                return
            self._last = now
            of = f" of {self._total / 1e9:.2f}" if self._total else ""
            speed = self._bytes / 1e6 / max(now - self._start, 1e-3)
            line = f"{len(self._begun)} of {self._files} files begun, {self._bytes / 1e9:.2f}{of} GB, {speed:.1f} MB/s"
            self._console.print(line, end="\r" if self._console.is_terminal else "\n", highlight=False)
