"""Every way of finding copies in one build: the same bytes for any number of workers, any order of inputs, any kill."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

import redpyjama as rp

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RECIPE = """
[slice.c4]
[[slice.c4.step]]
step = "lines"
group = "slice"
[slice.book]
[[slice.book.step]]
step = "substrings"
group = "corpus"
length = 60
keep = "first"
[dedup]
methods = ["exact", "minhash", "simhash"]
[dedup.minhash]
ngram = 5
threshold = 0.7
[dedup.simhash]
slices = ["book"]
"""


def prose(seed: int, count: int = 150) -> str:
    draw = random.Random(seed)
    return " ".join(f"{draw.choice(('the', 'of', 'and', 'to', 'in'))}{draw.randrange(300)}" for _ in range(count))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("dumps")
    draw = random.Random(1)
    for dump in range(6):
        with gzip.open(folder / f"c4-train.{dump:05}.json.gz", "wt") as file:
            for i in range(60):
                text = prose(draw.randrange(200))
                if draw.random() < 0.3:
                    text = text.replace("the12", "that12")
                if draw.random() < 0.3:
                    text += "\nread more on our pages\n" + prose(1000 + draw.randrange(3), 20)
                record = {"text": text, "url": f"http://a.example/{dump}/{i}", "timestamp": ""}
                file.write(json.dumps(record) + "\n")
    for book in range(4):
        (folder / f"{book}.txt").write_text(prose(book, 400) + "\n\n" + prose(50, 100))
    names = sorted(os.listdir(folder))
    return {
        "c4": [str(folder / name) for name in names if name.endswith(".gz")],
        "book": [str(folder / name) for name in names if name.endswith(".txt")],
    }


@pytest.fixture(scope="module")
def expected(inputs, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("expected")
    made = build(folder, inputs, workers=2)
    counts = made.slices["c4"].dropped_by
    assert {"exact_duplicate", "near_duplicate"} <= set(counts)
    return made.content_sha256


def build(folder: pathlib.Path, inputs: dict[str, list[str]], workers: int):
    (folder / "recipe.toml").write_text(RECIPE)
    return rp.build(str(folder / "recipe.toml"), inputs, str(folder / "corpus"), workers=workers)


@pytest.mark.parametrize("workers", [1, 7])
def test_any_number_of_workers(inputs, expected, tmp_path, workers):
    assert build(tmp_path, inputs, workers).content_sha256 == expected


def test_any_order_of_the_inputs(inputs, expected, tmp_path):
    shuffled = {name: paths[::-1] for name, paths in reversed(inputs.items())}

    assert build(tmp_path, shuffled, workers=2).content_sha256 == expected


def test_killed_at_any_stage(inputs, expected, tmp_path):
    """Kills the build, and all its workers with it, whenever another stage has begun."""
    (tmp_path / "recipe.toml").write_text(RECIPE)
    given = [f"{name}={path}" for name, paths in inputs.items() for path in paths]
    command = [
        sys.executable, "-m", "redpyjama.cli", "build", str(tmp_path / "recipe.toml"), "--inputs", *given,
        "--to", str(tmp_path / "corpus"), "--workers", "2",
    ]  # fmt: skip
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    seen: set[str] = set()
    for _ in range(60):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None:
            new = stages_of(tmp_path / "corpus") - seen
            if new:
                seen |= new
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            time.sleep(0.005)
        if process.returncode == 0:
            break

    assert process.returncode == 0
    assert len(seen) > 10
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text())["content_sha256"] == expected


def stages_of(corpus: pathlib.Path) -> set[str]:
    try:
        return {name.rpartition("-")[0] for name in os.listdir(corpus / "stages")}
    except FileNotFoundError:
        return set()
