"""How far a build is, read from its log while it runs and after it ended."""

from __future__ import annotations

import datetime
import gzip
import io
import json

import pytest
from rich.console import Console

import redpyjama as rp
from redpyjama import cli
from redpyjama.errors import CorpusError, TaskError
from redpyjama.report import status
from redpyjama.store import lock

RECIPE = "[slice.c4]\n[[slice.c4.step]]\nstep = 'length'\n[dedup]\nmethods = []\n"


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    for dump in range(3):
        with gzip.open(tmp_path / f"c4-train.{dump:05}.json.gz", "wt") as file:
            for i in range(4):
                file.write(json.dumps({"text": f"text {dump} {i} of some words", "url": "http://a.example"}) + "\n")
            file.write("no record\n")
    return {"c4": [str(tmp_path / "c4-train.*.json.gz")]}


def shown(found: status.Status) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False)
    status.print_status(found, console=console)
    return console.file.getvalue()


def test_a_build_is_watched_while_it_runs(inputs, tmp_path):
    seen: list[status.Status] = []

    def observe(event):
        seen.append(status.read(str(tmp_path / "corpus")))

    rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1, observe=observe)

    assert {found.state for found in seen} == {"running"}
    assert [found.done for found in seen] == sorted(found.done for found in seen)
    assert seen[0].done == 0
    assert sum(stage.running for stage in seen[0].stages) == 1
    assert seen[0].cpu_seconds_left is None
    assert seen[-1].done == seen[-1].tasks == 3 * len(seen[-1].stages)
    assert seen[-1].cpu_seconds_left == 0
    assert seen[-1].quarantined == 3
    halfway = next(found for found in seen if found.stages[0].done == 2)
    assert (halfway.stages[0].rows, halfway.stages[0].left) == (8, 1)
    assert "begun" in shown(halfway)


def test_after_its_end_it_is_finished_and_a_second_build_has_nothing_to_tell(inputs, tmp_path, capsys):
    read = []
    for _ in range(2):
        rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1)
        read.append(status.read(str(tmp_path / "corpus")))

    assert read[0].state == "finished"
    assert read[0].done == read[0].tasks
    assert read[0] == read[1]


def test_what_was_done_before_is_not_counted_as_done_now(inputs, tmp_path):
    rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1)
    with open(tmp_path / "recipe.toml", "a") as file:
        file.write("[[slice.c4.drop]]\nrule = 'short'\nwhen = 'num_chars < 5'\nbecause = 'short'\n")
    rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1)
    stages = {stage.stage: stage for stage in status.read(str(tmp_path / "corpus")).stages}

    assert (stages["documents"].found, stages["documents"].done) == (3, 0)
    assert (stages["rules"].found, stages["rules"].done) == (0, 3)


def test_commands_show_it(inputs, tmp_path, capsys):
    rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1)
    assert cli.run(["status", str(tmp_path / "corpus")]) == 0
    assert "finished since" in capsys.readouterr().out
    assert cli.run(["status", str(tmp_path / "corpus"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "finished"


def test_a_build_that_failed_says_why_and_how_to_go_on(inputs, tmp_path, monkeypatch):
    from redpyjama.steps import decide

    def fail(task):
        raise ValueError("no \x1b[31mluck")

    monkeypatch.setattr(decide, "decide", fail)
    with pytest.raises(TaskError):
        rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1)
    found = status.read(str(tmp_path / "corpus"))

    assert found.state == "stopped"
    assert "no " in found.reason
    assert {task for task, _ in found.problems} == {f"decisions/c4/part-0000{i}" for i in range(3)}
    text = shown(found)
    assert "the same build command goes on from here" in text
    assert "\x1b[31m" not in text


def test_a_killed_build_is_stopped_and_a_half_written_line_is_not_read(inputs, tmp_path):
    corpus = tmp_path / "corpus"
    rp.build(str(tmp_path / "recipe.toml"), inputs, str(corpus), workers=1)
    lines = (corpus / status.LOG).read_text().splitlines(keepends=True)
    (corpus / status.LOG).write_text("".join(lines[:6]) + lines[6][:10])

    found = status.read(str(corpus))
    with lock.hold(str(corpus)):
        held = status.read(str(corpus), now=datetime.datetime.fromisoformat(found.began) + datetime.timedelta(hours=30))

    assert (found.state, found.reason) == ("stopped", "")
    assert sum(stage.running for stage in found.stages) == 0
    assert held.state == "running"
    assert "1 d 6 h" in shown(held)


def test_what_is_left_goes_by_the_speed_of_each_stage():
    def stage(**values):
        return status.StageStatus(stage="s", slice="c4", **{"found": 0, "weight": 0, "weight_left": 0, **values})

    fast = stage(tasks=4, done=2, cpu_seconds=10.0, weight_measured=100, weight_left=300)
    unweighed = stage(tasks=4, done=1, cpu_seconds=2.0)

    assert status._left([fast]) == 30
    assert status._left([fast, unweighed]) == 36
    assert status._left([fast, stage(tasks=1)]) is None
    assert status._left([stage(tasks=1, found=1)]) == 0


def test_no_log_no_build(tmp_path):
    with pytest.raises(CorpusError, match="no log"):
        status.read(str(tmp_path))
