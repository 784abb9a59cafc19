"""Files of a task: all or nothing, whatever happens."""

from __future__ import annotations

import errno
import hashlib
import os
import pathlib
import resource
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.errors import CorpusError
from redpyjama.store import atomic
from redpyjama.store.atomic import Output, read_receipt
from redpyjama.store.shards import ShardWriter

IDS = pa.schema([("id", pa.string())])


def write(stem: pathlib.Path, data: bytes = b"data", **counts: object) -> dict[str, object]:
    with Output(str(stem)) as output:
        output.create("bin").write(data)
        return output.commit(rows=len(data), **counts)


def fail(stem: pathlib.Path) -> None:
    with Output(str(stem)) as output:
        output.create("bin").write(b"half")
        writer = ShardWriter(output, "parquet", IDS)
        writer.write(pa.record_batch([pa.array(["a"])], schema=IDS))
        raise RuntimeError("oops")


def test_a_committed_task_has_its_files_and_a_receipt_that_vouches_for_them(tmp_path):
    counts = write(tmp_path / "new" / "part-00000", b"data", quarantined=1)

    assert counts == {"rows": 4, "quarantined": 1}
    assert sorted(os.listdir(tmp_path / "new")) == ["part-00000.bin", "part-00000.json"]
    digest = hashlib.sha256(b"data").hexdigest()
    expected = {"rows": 4, "quarantined": 1, "files": {"bin": {"bytes": 4, "sha256": digest}}}
    assert read_receipt(str(tmp_path / "new" / "part-00000")) == expected


def test_a_receipt_is_the_same_bytes_whatever_the_order_of_the_counts(tmp_path):
    write(tmp_path / "a", a=1, b={"y": 2, "x": 1})
    write(tmp_path / "b", b={"x": 1, "y": 2}, a=1)

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_task_that_fails_leaves_nothing_and_its_parquet_writer_is_silent(tmp_path):
    with pytest.raises(RuntimeError, match="oops"):
        fail(tmp_path / "part")

    assert os.listdir(tmp_path) == []


def test_a_task_that_fails_leaves_an_earlier_result_as_it_was(tmp_path):
    write(tmp_path / "part", b"old")
    with pytest.raises(RuntimeError):
        fail(tmp_path / "part")

    assert read_receipt(str(tmp_path / "part"))["rows"] == 3
    assert (tmp_path / "part.bin").read_bytes() == b"old"


@pytest.mark.parametrize("where", ["before the rename", "after the rename"])
def test_a_task_killed_half_way_has_no_receipt_and_the_next_run_mends_it(tmp_path, where):
    program = f"""
import os, signal
from redpyjama.store import atomic
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if {where!r} == "before the rename":
    os.rename = die
else:
    atomic.write_file = die
with atomic.Output({str(tmp_path / "part")!r}) as output:
    output.create("bin").write(b"data")
    output.commit(rows=1)
"""
    done = subprocess.run([sys.executable, "-c", program], env=dict(os.environ, PYTHONPATH="src"), check=False)
    left = os.listdir(tmp_path)
    write(tmp_path / "part", b"again")

    assert done.returncode == -signal.SIGKILL
    assert len(left) == 1
    assert "part.json" not in left
    assert sorted(os.listdir(tmp_path)) == ["part.bin", "part.json"]
    assert (tmp_path / "part.bin").read_bytes() == b"again"


def test_a_file_that_is_rewritten_is_never_vouched_for_by_the_old_receipt(tmp_path, monkeypatch):
    write(tmp_path / "part", b"old")
    seen = []
    rename = os.rename

    def watch(source: str, target: str) -> None:
        rename(source, target)
        seen.append((os.path.basename(target), (tmp_path / "part.json").exists()))

    monkeypatch.setattr(os, "rename", watch)
    write(tmp_path / "part", b"new")

    assert seen == [("part.bin", False), ("part.json", True)]


def test_temporary_files_of_a_living_process_are_left_alone(tmp_path):
    alive = tmp_path / f".tmp-{os.getppid()}-part.bin"
    alive.write_bytes(b"")
    others = tmp_path / ".tmp-999999999-part-2.bin"
    others.write_bytes(b"")
    dead = tmp_path / ".tmp-999999999-part.bin"
    dead.write_bytes(b"")
    write(tmp_path / "part")

    assert (alive.exists(), others.exists(), dead.exists()) == (True, True, False)


def test_a_full_disk_is_one_clear_message_and_nothing_is_left(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(CorpusError, match=r"part.bin: cannot be written \(File too large\); the file system or"):
            write(tmp_path / "part", bytes(3 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert os.listdir(tmp_path) == []


def test_a_full_disk_under_a_parquet_writer_is_the_same_message(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def task() -> None:
        with Output(str(tmp_path / "part")) as output:
            writer = ShardWriter(output, "parquet", IDS)
            writer.write(pa.record_batch([pa.array(["a"])], schema=IDS))
            output.commit(rows=writer.rows)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CorpusError) as caught:
        task()

    monkeypatch.undo()
    assert str(caught.value) == (
        f"{tmp_path}/part.parquet: cannot be written (No space left on device); "
        "free some space and run the same command again; finished parts are kept"
    )
    assert isinstance(caught.value.__cause__, OSError)
    assert os.listdir(tmp_path) == []


def test_an_error_that_may_pass_goes_up_as_it_is(tmp_path, monkeypatch):
    def stale(*_: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "fsync", stale)
    with pytest.raises(OSError, match="Stale") as caught:
        write(tmp_path / "part")

    assert caught.value.errno == errno.ESTALE


def test_a_target_that_cannot_be_a_directory_is_explained(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CorpusError, match="a file is in the way of a directory"):
        write(tmp_path / "file" / "part")


def test_a_suffix_can_be_used_once(tmp_path):
    with Output(str(tmp_path / "part")) as output:
        output.create("bin")
        for suffix in ("bin", "json"):
            with pytest.raises(ValueError, match="there already"):
                output.create(suffix)


def test_write_file_keeps_the_old_content_if_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "corpus.json"
    atomic.write_file(str(path), b"old")
    monkeypatch.setattr(os, "rename", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
    with pytest.raises(OSError, match="I/O error"):
        atomic.write_file(str(path), b"new")

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["corpus.json"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "the receipt is missing"),
        ("{", "the receipt is damaged"),
        ("[]", "the receipt is damaged"),
        ('{"rows": 1, "files": {}}', "the receipt is damaged .it was changed"),
        (atomic.seal({"rows": 1}).decode(), "is no receipt"),
        (atomic.seal({"rows": 1, "files": {"bin": {"bytes": 1}}}).decode(), "is no receipt"),
    ],
)
def test_a_receipt_that_is_none_is_refused(tmp_path, content, problem):
    if content is not None:
        (tmp_path / "part.json").write_text(content)

    with pytest.raises(CorpusError, match=problem):
        read_receipt(str(tmp_path / "part"))


@given(st.integers(0, 10**9), st.integers(1, 255))
def test_any_changed_byte_of_a_sealed_file_is_noticed(position, change):
    value = {"rows": 7, "files": {"bin": {"bytes": 3, "sha256": "ab"}}, "share": 0.1, "text": "é\n"}
    data = bytearray(atomic.seal(value))
    assert atomic.unseal(bytes(data)) == value
    data[position % len(data)] ^= change
    try:
        found = atomic.unseal(bytes(data))
    except ValueError:
        return

    assert found == value  # white space for white space
