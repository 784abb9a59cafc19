"""Bad usage: one clear message, status 1 or 2, and an earlier corpus untouched."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from redpyjama import cli
from redpyjama.errors import UsageError


def run(capsys, *argv):
    status = cli.run(list(argv))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("argv", "status", "expected"),
    [
        (["biuld"], 2, "build"),
        (["build", "redpyjama-1"], 2, "--inputs"),
        (["build", "redpyjama-1", "--inputs", "wiki.xml", "--to", "x"], 2, "names no slice"),
        (["build", "redpyjama-1", "--inputs", "wikipeda=wiki.xml", "--to", "x"], 2, "did you mean 'wikipedia'?"),
        (["build", "redpyjama-2", "--inputs", "wikipedia=x.xml", "--to", "x"], 2, "did you mean 'redpyjama-1'?"),
        (
            ["build", "redpyjama-1", "--inputs", "wikipedia=nothing/*.bz2", "--to", "x"],
            1,
            "nothing/*.bz2: matches no file",
        ),
        (["build", "redpyjama-1", "--inputs", "wikipedia=nothing.bz2", "--to", "x"], 1, "nothing.bz2: does not exist"),
        (["build", "redpyjama-1", "--inputs", "wikipedia=.", "--to", "x", "--sample", "2"], 2, "not in (0, 1]"),
        (["verify", "nothing"], 1, "nothing: does not exist"),
        (["report", "."], 1, "is no corpus"),
        (["diff", "nothing", "nothing"], 1, "does not exist"),
        (["release", "nothing"], 1, "does not exist"),
        (["recipe", "nothing.toml"], 2, "No such file"),
    ],
)
def test_a_mistake_gets_one_clear_message(capsys, tmp_path, monkeypatch, argv, status, expected):
    monkeypatch.chdir(tmp_path)

    found, _, error = run(capsys, *argv)

    assert found == status, error
    assert expected in error
    assert "Traceback" not in error


def test_a_directory_that_is_something_else_is_left_alone(capsys, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")

    status, _, error = run(capsys, "build", "redpyjama-1", "--inputs", f"c4={__file__}", "--to", str(tmp_path))

    assert status == 1
    assert "is not empty and holds no corpus" in error
    assert sorted(os.listdir(tmp_path)) == ["thesis.txt"]


def test_a_file_in_the_way_is_named(capsys, tmp_path):
    (tmp_path / "file").write_text("")

    status, _, error = run(
        capsys, "build", "redpyjama-1", "--inputs", f"c4={__file__}", "--to", str(tmp_path / "file" / "x")
    )

    assert status == 1
    assert "cannot be written" in error


def test_recipes_are_listed_and_printed_whole(capsys):
    status, listing, _ = run(capsys, "recipe")
    assert status == 0
    assert "redpyjama-1" in listing

    status, text, _ = run(capsys, "recipe", "redpyjama-1")
    assert status == 0
    assert "[slice.stackexchange]" in text


def test_every_command_has_help():
    for command in cli.app:
        if not command.startswith("-"):
            assert cli.app[command].help.strip(), command


@pytest.mark.parametrize(
    ("text", "tokens"), [("300B", 300_000_000_000), ("1.4T", 1_400_000_000_000), ("20_000", 20_000), ("5k", 5_000)]
)
def test_a_budget_is_read_as_people_write_it(text, tokens):
    assert cli._tokens(text) == tokens


@pytest.mark.parametrize("text", ["lots", "B", "-3B", "0", "inf", "nan"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(UsageError, match="is no number of tokens"):
        cli._tokens(text)


def test_help_comes_at_once():
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    command = [sys.executable, "-m", "redpyjama.cli", "--help"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    # CPU seconds, which other processes of the machine do not lengthen; a wait would be another defect.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5
