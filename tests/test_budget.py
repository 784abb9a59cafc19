"""A build stops where more of its dumps is broken than its recipe bears, and not before."""

from __future__ import annotations

import gzip
import json

import pytest

import redpyjama as rp
from redpyjama import recipe
from redpyjama.builder import CATALOGUE
from redpyjama.errors import InputError, RecipeError

RECIPE = "[slice.c4]\n[slice.book]\n[budget]\n{}\n"


@pytest.fixture
def inputs(tmp_path):
    """Three dumps of 20 records: in the first none is broken, in the second 5, in the third 10."""
    for dump, broken in enumerate((0, 5, 10)):
        with gzip.open(tmp_path / f"c4-train.{dump:05}.json.gz", "wt") as file:
            for i in range(20):
                good = json.dumps({"text": f"text {dump} {i}", "url": "http://a.example", "timestamp": ""})
                file.write((good if i >= broken else '{"text": ') + "\n")
    (tmp_path / "book.txt").write_text("A book of some words.")
    return {"c4": [str(tmp_path / "c4-train.*.json.gz")], "book": [str(tmp_path / "book.txt")]}


def build(tmp_path, inputs, budget, **options):
    (tmp_path / "recipe.toml").write_text(RECIPE.format(budget))
    return rp.build(str(tmp_path / "recipe.toml"), inputs, str(tmp_path / "corpus"), workers=1, **options)


@pytest.mark.parametrize("budget", ["", "quarantined = 0.25", "quarantined = 1.0"])
def test_what_the_recipe_bears_is_quarantined(tmp_path, inputs, budget):
    counts = build(tmp_path, inputs, budget).slices["c4"]

    assert (counts.read, counts.kept, counts.quarantined) == (60, 45, 15)


def test_more_than_that_stops_the_build_and_says_what_is_wrong(tmp_path, inputs):
    with pytest.raises(InputError) as caught:
        build(tmp_path, inputs, "quarantined = 0.2")

    message = str(caught.value)
    assert message.startswith(
        "slice c4: 15 of 60 records cannot be read (25.0%), and [budget] of the recipe bears 20.0%"
    )
    assert "10 times" in message or "15 times" in message
    assert "c4-train.0000" in message
    assert not (tmp_path / "corpus" / "corpus.json").exists()


def test_a_slice_is_judged_as_soon_as_enough_is_read(tmp_path, inputs):
    done = []

    def observe(event):
        if event.what == "done":
            done.append(event.task)

    with pytest.raises(InputError, match=r"of 40 records|of 20 records"):
        build(tmp_path, inputs, "quarantined = 0.1\nmin_records = 20", observe=observe)
    assert sum(task.startswith("documents/c4") for task in done) < 3


def test_a_build_that_goes_on_remembers_what_was_read(tmp_path, inputs):
    with pytest.raises(InputError):
        build(tmp_path, inputs, "quarantined = 0.2")
    with pytest.raises(InputError, match="15 of 60"):
        build(tmp_path, inputs, "quarantined = 0.2", observe=lambda event: pytest.fail("nothing was to be done"))

    assert build(tmp_path, inputs, "quarantined = 0.3").slices["c4"].kept == 45


def test_a_budget_is_a_share(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE.format("quarantined = 5.0"))

    with pytest.raises(RecipeError, match="quarantined must be 0 to 1"):
        recipe.load(str(tmp_path / "recipe.toml"), CATALOGUE)
