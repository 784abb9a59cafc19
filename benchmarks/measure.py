"""What the benchmarks share: CPU seconds and memory of a child process, claims, where the real inputs lie."""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """A finished child process: user + system seconds, largest resident size of one process, its last line as JSON."""

    cpu_seconds: float
    peak_bytes: int
    answer: Any


def realdata() -> pathlib.Path:
    """Return the folder of real inputs beside the repository, or $REDPYJAMA_REALDATA; ends the program without it."""
    folder = pathlib.Path(os.environ.get("REDPYJAMA_REALDATA", ROOT.parent / "shared" / "realdata"))
    if not folder.is_dir():
        sys.exit(f"no real inputs at {folder}: set REDPYJAMA_REALDATA")
    return folder


def run_child(command: Sequence[str], **environment: str) -> Run:
    """Run a program to its end and measure it with all its children.

    ``RUSAGE_CHILDREN`` adds up; the peak is that of the largest process so far, so run the smaller one first or look at
    what the program itself reports.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = done.stdout.strip().splitlines()
    return Run(seconds, after.ru_maxrss * 1024, json.loads(lines[-1]) if lines else None)


def claim(name: str, value: float, goal: str, *, met: bool) -> None:
    """Print one line that a reader and a program can check; a missed goal is a fact to report, not an error."""
    print(f"claim {name} {value:.4g} goal {goal} {'met' if met else 'missed'}")
