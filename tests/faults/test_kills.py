"""Processes of a build are killed at random moments: the same bytes come out, and nothing is left lying about.

REDPYJAMA_KILLS says how often (3 in a usual run; 100 before a release).
"""

from __future__ import annotations

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from importlib import resources

import pytest

from redpyjama.release.verify import verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.xdist_group("kills")]

KILLS = int(os.environ.get("REDPYJAMA_KILLS", "3"))
DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
KINDS = {
    "common_crawl": "commoncrawl/warc-aut", "c4": "c4/c4-realnewslike", "arxiv": "arxiv", "wikipedia": "wikipedia/aawiki-20260101",
    "stackexchange": "stackexchange",
}  # fmt: skip


def inputs_of(request) -> dict[str, str]:
    """Return real dumps where they lie here, else the bundled sample."""
    found = {path.name: str(path) for path in DEMO.iterdir() if path.is_dir()}
    try:
        real = request.getfixturevalue("realdata")
    except pytest.skip.Exception:
        return found
    return found | {name: str(real / kind) for name, kind in KINDS.items()}


class Build:
    """A build in a process of its own, with workers of its own."""

    def __init__(self, inputs: dict[str, str], to: pathlib.Path) -> None:
        self.to = to
        self.command = [
            sys.executable, "-m", "redpyjama.cli", "build", "redpyjama-1", "--inputs",
            *(f"{name}={path}" for name, path in inputs.items()), "--to", str(to), "--workers", "2",
        ]  # fmt: skip
        self.environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))

    def start(self) -> subprocess.Popen:
        return subprocess.Popen(
            self.command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def finish(self) -> str:
        done = subprocess.run(self.command, env=self.environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return self.content()

    def content(self) -> str:
        return json.loads((self.to / "corpus.json").read_text())["content_sha256"]


def children(pid: int) -> list[int]:
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def strike(process: subprocess.Popen, what: str, draw: random.Random) -> bool:
    """Kill the build, all of its processes, or one of its workers; say whether there was anything to kill."""
    try:
        workers = children(process.pid)
        if what == "worker":
            if not workers:
                return False
            os.kill(draw.choice(workers), signal.SIGKILL)
            return True
        os.kill(process.pid, signal.SIGKILL)
        for worker in workers if what == "all" else []:
            os.kill(worker, signal.SIGKILL)
    except (ProcessLookupError, FileNotFoundError):
        return process.poll() is None
    process.wait()
    wait_for_the_end_of(workers)
    return True


def wait_for_the_end_of(workers: list[int]) -> None:
    """Workers whose build is killed end by themselves: the kernel tells them."""
    end = time.monotonic() + 10
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < end, "a worker outlives its build"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_build_that_is_killed_again_and_again_has_the_same_bytes(request, tmp_path, record_property):
    inputs = inputs_of(request)
    begin = time.monotonic()
    expected = Build(inputs, tmp_path / "expected").finish()
    seconds = time.monotonic() - begin
    draw = random.Random(int(os.environ.get("REDPYJAMA_KILL_SEED", "1")))
    struck: dict[str, int] = {"build": 0, "all": 0, "worker": 0}
    number = 0
    while sum(struck.values()) < KILLS:
        number += 1
        build = Build(inputs, tmp_path / f"killed-{number}")
        process = build.start()
        while process.poll() is None and sum(struck.values()) < KILLS:
            time.sleep(draw.uniform(0.05, seconds / 2))
            what = draw.choice(sorted(struck))
            if process.poll() is None and strike(process, what, draw):
                struck[what] += 1
                if what != "worker":
                    process = build.start()
        if process.poll() is None:
            process.wait()
        check(build, expected)

    record_property("killed", {**struck, "builds": number, "seconds of one": round(seconds, 1)})


def check(build: Build, expected: str) -> None:
    """The same command ends it: the same bytes, every document accounted for, no half-written file."""
    assert build.finish() == expected
    assert [finding for finding in verify(str(build.to)) if finding.problem] == []
    assert [path for path in build.to.rglob("*") if path.name.startswith(".tmp-")] == []
    for name, counts in json.loads((build.to / "corpus.json").read_text())["slices"].items():
        assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"], name
