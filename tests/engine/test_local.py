from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from redpyjama.engine.base import Event
from redpyjama.engine.local import LocalEngine
from redpyjama.errors import TaskError
from redpyjama.stage import Task
from tests import doubles


def task(folder, name, run=doubles.write, needs=(), weight=0):
    reads = [str(folder / n) for n in needs]
    return Task(name=name, run=run, args={"reads": reads}, output=str(folder / name), needs=tuple(needs), weight=weight)


def value(folder, name):
    return json.loads((folder / f"{name}.json").read_text())["value"]


@pytest.fixture(params=[1, 3], ids=["in this process", "three workers"])
def engine(request):
    return LocalEngine(request.param)


def test_tasks_run_after_those_they_need(engine, tmp_path):
    diamond = [
        task(tmp_path, "d", needs=("b", "c")),
        task(tmp_path, "b", needs=("a",)),
        task(tmp_path, "c", needs=("a",)),
        task(tmp_path, "a"),
    ]

    engine.run(diamond, lambda event: None)

    assert value(tmp_path, "d") == "d(b(a()),c(a()))"


def test_a_task_with_a_receipt_is_not_run_again(engine, tmp_path):
    engine.run([task(tmp_path, "a"), task(tmp_path, "x")], lambda event: None)
    events: list[Event] = []

    engine.run([task(tmp_path, "a", run=doubles.fail), task(tmp_path, "b", needs=("a",))], events.append)

    assert [(e.what, e.task) for e in events] == [("started", "b"), ("done", "b")]


def test_a_bug_fails_at_once_and_what_does_not_need_the_task_still_runs(engine, tmp_path):
    tasks = [task(tmp_path, "bad", run=doubles.fail), task(tmp_path, "after", needs=("bad",)), task(tmp_path, "other")]
    events: list[Event] = []

    with pytest.raises(TaskError, match="task bad failed: ValueError: bad input in bad"):
        engine.run(tasks, events.append)

    assert value(tmp_path, "other") == "other()"
    assert not (tmp_path / "after.json").exists()
    assert [e.task for e in events if e.what == "started"].count("bad") == 1


def test_trouble_with_files_is_tried_again(engine, tmp_path):
    engine.run([task(tmp_path, "a", run=doubles.fail_once_for_want_of_disk), task(tmp_path, "b")], lambda event: None)

    assert value(tmp_path, "a") == "a()"


def test_a_killed_worker_costs_one_try_and_no_other_task(tmp_path):
    tasks = [task(tmp_path, "dies", run=doubles.die_once)] + [task(tmp_path, f"t{i}") for i in range(6)]
    events: list[Event] = []

    LocalEngine(2).run(tasks, events.append)

    assert sorted(e.task for e in events if e.what == "done") == sorted(t.name for t in tasks)
    assert [(e.task, e.reason) for e in events if e.what == "retried"] == [
        ("dies", "its worker process was killed by signal 9")
    ]


def test_a_task_that_always_kills_its_worker_fails_the_run(tmp_path):
    tasks = [task(tmp_path, "dies", run=doubles.die), task(tmp_path, "a")]

    with pytest.raises(TaskError, match="killed by signal 9"):
        LocalEngine(2).run(tasks, lambda event: None)

    assert value(tmp_path, "a") == "a()"


def test_what_libraries_print_does_not_reach_the_answers(tmp_path):
    LocalEngine(2).run([task(tmp_path, f"n{i}", run=doubles.print_noise) for i in range(4)], lambda event: None)

    assert value(tmp_path, "n3") == "n3()"


def test_heavy_tasks_start_first(tmp_path):
    events: list[Event] = []

    LocalEngine(1).run([task(tmp_path, f"t{w}", weight=w) for w in (2, 9, 5)], events.append)

    assert [e.task for e in events if e.what == "started"] == ["t9", "t5", "t2"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel to end orphans, which only Linux does")
def test_no_worker_outlives_its_parent(tmp_path):
    pid_file = tmp_path / "pid"
    script = (
        "import sys, time; from redpyjama.engine.local import _Worker\n"
        f"w = _Worker(); open({str(pid_file)!r}, 'w').write(str(w.process.pid)); time.sleep(60)"
    )
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment)
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)  # lets the worker reach its prctl
    worker = int(pid_file.read_text())

    parent.kill()
    parent.wait()

    while os.path.exists(f"/proc/{worker}") and _state(worker) != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{worker}") or _state(worker) == "Z"


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
