"""Whole builds of the bundled sample: same bytes whatever the workers, nothing done twice, nothing lost."""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
from importlib import resources

import pytest

import redpyjama as rp
from redpyjama.document import SLICES
from redpyjama.engine.base import Event

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
INPUTS = {name: [str(DEMO / name)] for name in SLICES}


def manifest_of(folder) -> dict:
    return json.loads((pathlib.Path(folder) / "corpus.json").read_text())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("e2e") / "corpus"
    rp.build("redpyjama-1", INPUTS, str(folder), workers=2)
    return folder


def test_every_slice_adds_up_and_keeps_something(corpus):
    slices = manifest_of(corpus)["slices"]

    assert sorted(slices) == sorted(SLICES)
    for name, counts in slices.items():
        assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"], name
        assert counts["dropped"] == sum(counts["dropped_by"].values()), name
        assert counts["kept"] > 0, name
        assert counts["tokens"] > 0, name
        lines = (corpus / "quarantine" / f"{name}.jsonl").read_text().splitlines()
        assert len(lines) == counts["quarantined"], name


@pytest.mark.parametrize("workers", [1, 5])
def test_the_number_of_workers_changes_no_byte(corpus, tmp_path, workers):
    rp.build("redpyjama-1", INPUTS, str(tmp_path / "other"), workers=workers)

    assert (tmp_path / "other" / "corpus.json").read_bytes() == (corpus / "corpus.json").read_bytes()


def test_the_order_and_the_place_of_the_inputs_change_no_byte(corpus, tmp_path):
    shutil.copytree(DEMO, tmp_path / "moved")
    shuffled = {"book": [str(tmp_path / "moved" / "book")]}  # a folder of texts is one dump, as a repository is
    for name in random.Random(3).sample([s for s in SLICES if s != "book"], len(SLICES) - 1):
        paths = [str(p) for p in (tmp_path / "moved" / name).iterdir()]
        random.Random(7).shuffle(paths)
        shuffled[name] = paths

    rp.build("redpyjama-1", shuffled, str(tmp_path / "other"), workers=2)

    assert manifest_of(tmp_path / "other")["content_sha256"] == manifest_of(corpus)["content_sha256"]


def test_a_second_build_does_nothing(corpus):
    events: list[Event] = []
    before = {p: p.stat().st_mtime_ns for p in corpus.rglob("*") if p.is_file() and p.name != "inputs.cache.json"}
    start = time.monotonic()

    rp.build("redpyjama-1", INPUTS, str(corpus), workers=2, observe=events.append)

    assert events == []
    assert time.monotonic() - start < 2
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_an_edited_rule_runs_only_the_decisions_and_what_follows(corpus, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    text = (copy / "recipe.toml").read_text()
    assert 'when = "num_chars < 100"' in text
    (tmp_path / "edited.toml").write_text(text.replace('when = "num_chars < 100"', 'when = "num_chars < 1500"'))
    events: list[Event] = []

    rp.build(str(tmp_path / "edited.toml"), INPUTS, str(copy), workers=1, observe=events.append)

    stages = {e.task.split("/")[0] for e in events}
    copies = {"fingerprints", "buckets", "roots", "members", "clusters"}
    assert stages == {"rules", *copies, "decisions", "release"}
    assert {e.task.split("/")[1] for e in events if e.task.startswith("rules")} == {"wikipedia"}
    assert manifest_of(copy)["slices"]["wikipedia"]["kept"] < manifest_of(corpus)["slices"]["wikipedia"]["kept"]


def test_a_recipe_cannot_be_edited_without_effect(corpus, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    text = (copy / "recipe.toml").read_text()
    everything = text.replace('rule = "not_english"\nwhen = "', 'rule = "not_english"\nwhen = "true OR ')
    assert everything != text
    (tmp_path / "edited.toml").write_text(everything)

    rp.build(str(tmp_path / "edited.toml"), INPUTS, str(copy), workers=1)

    assert manifest_of(copy)["slices"]["common_crawl"]["kept"] == 0
    assert not list((copy / "release" / "common_crawl").glob("*.zst")) or all(
        p.stat().st_size < 100 for p in (copy / "release" / "common_crawl").glob("*.zst")
    )


def test_a_killed_build_goes_on_to_the_same_bytes(corpus, tmp_path):
    command = [
        sys.executable,
        "-m",
        "redpyjama.cli",
        "build",
        "redpyjama-1",
        "--to",
        str(tmp_path / "k"),
        "--workers",
        "2",
    ]
    command += ["--inputs", *(f"{name}={paths[0]}" for name, paths in INPUTS.items())]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    for seconds in (1.5, 3.0):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, env=environment, check=True, capture_output=True)

    assert (tmp_path / "k" / "corpus.json").read_bytes() == (corpus / "corpus.json").read_bytes()
    assert not list((tmp_path / "k").rglob(".tmp-*"))


def test_a_trial_reads_its_share_of_the_records(corpus, tmp_path):
    rp.build("redpyjama-1", INPUTS, str(tmp_path / "trial"), sample=0.3, workers=2)

    trial, full = manifest_of(tmp_path / "trial"), manifest_of(corpus)
    share = sum(s["read"] for s in trial["slices"].values()) / sum(s["read"] for s in full["slices"].values())
    assert 0.2 < share < 0.4
    assert trial["sample"] == 0.3


def test_the_release_is_what_the_manifest_says(corpus):
    command = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    sums = subprocess.run(command, cwd=corpus / "release", capture_output=True, check=False)

    assert sums.returncode == 0, sums.stderr
    found = rp.Corpus(str(corpus)).sql("SELECT slice, count(*) FROM decisions WHERE keep GROUP BY slice").fetchall()
    assert dict(found) == {name: counts["kept"] for name, counts in manifest_of(corpus)["slices"].items()}
