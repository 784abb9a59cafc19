"""A disk that is full or must not be written to, a clock that jumps, two builds at once: one clear message each."""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys
import time
from importlib import resources

import pytest

from redpyjama import cli
from redpyjama.store import lock

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
COMMAND = ["build", "redpyjama-1", "--inputs", f"wikipedia={DEMO / 'wikipedia'}", f"book={DEMO / 'book'}", "--to"]


def run(to: pathlib.Path, *options: str, limit: int | None = None) -> subprocess.CompletedProcess:
    """Build in a process of its own, which may write no file larger than *limit* bytes."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    return subprocess.run(
        [sys.executable, "-m", "redpyjama.cli", *COMMAND, str(to), *options],
        env=environment, capture_output=True, text=True, check=False, preexec_fn=limited if limit else None,
    )  # fmt: skip


def content(corpus: pathlib.Path) -> str:
    return json.loads((corpus / "corpus.json").read_text())["content_sha256"]


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> str:
    corpus = tmp_path_factory.mktemp("expected") / "corpus"
    done = run(corpus, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return content(corpus)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("limit", [2_000, 20_000])
def test_a_full_disk_is_said_and_the_same_command_goes_on_once_there_is_room(tmp_path, expected, limit, workers):
    full = run(tmp_path / "corpus", "--workers", workers, limit=limit)

    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert "File too large" in full.stderr or "No space left" in full.stderr
    assert not (tmp_path / "corpus" / "corpus.json").exists()
    assert run(tmp_path / "corpus", "--workers", workers).returncode == 0
    assert content(tmp_path / "corpus") == expected
    assert not [path for path in (tmp_path / "corpus").rglob("*") if path.name.startswith(".tmp-")]


def test_a_second_build_on_the_same_corpus_is_refused(tmp_path, capsys):
    (tmp_path / "corpus").mkdir()
    with lock.hold(str(tmp_path / "corpus")):
        assert cli.run([*COMMAND, str(tmp_path / "corpus")]) == 1

    said = capsys.readouterr().err
    assert "another build is writing here" in said
    assert "wait for it" in said
    assert os.listdir(tmp_path / "corpus") == [lock.FILE]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_must_not_be_written_to(tmp_path, capsys):
    (tmp_path / "locked").mkdir(mode=0o500)

    assert cli.run([*COMMAND, str(tmp_path / "locked" / "corpus")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_target_below_a_file(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert cli.run([*COMMAND, str(tmp_path / "file" / "corpus")]) == 1
    assert "cannot be written (Not a directory)" in capsys.readouterr().err


@pytest.mark.slow
def test_a_clock_that_jumps_changes_no_byte(tmp_path, expected, monkeypatch):
    """Years back and forth with every look at the clock, and file times of the future on the dumps."""
    jumps = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: (-1) ** next(jumps) * 1e9 + 1.5e9)
    monkeypatch.setattr(time, "time_ns", lambda: int(((-1) ** next(jumps) * 1e9 + 1.5e9) * 1e9))

    assert cli.run([*COMMAND, str(tmp_path / "corpus"), "--workers", "1"]) == 0
    assert content(tmp_path / "corpus") == expected
    assert cli.run(["status", str(tmp_path / "corpus")]) == 0
