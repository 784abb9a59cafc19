"""Thresholds that the documents set: exact to their class of scores, whatever the shards."""

from __future__ import annotations

import pathlib
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import redpyjama as rp
from redpyjama.errors import RecipeError
from redpyjama.recipe import Threshold
from redpyjama.steps import thresholds

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
FLOATS = st.floats(width=32, allow_nan=False)


@given(st.lists(FLOATS, min_size=2, max_size=50))
def test_bits_keep_the_order(scores):
    values = np.array(sorted(scores), np.float32)
    bits = thresholds.ordered(values)

    assert (np.diff(bits.astype(np.int64)) >= 0).all()
    assert (bits < 1 << 24).all()
    low = thresholds.score_of(bits)
    assert (low <= values).all()
    assert (thresholds.ordered(low) == bits).all()


def cut(scores, num_tokens, /, **wanted):
    import pyarrow as pa

    table = pa.table(
        {
            "threshold": pa.array([0] * len(scores), pa.int32()),
            "group": pa.nulls(len(scores), pa.string()),
            "score": thresholds.ordered(np.array(scores, np.float32)),
            "documents": pa.array([1] * len(scores), pa.int64()),
            "tokens": pa.array(num_tokens, pa.int64()),
        }
    )
    return thresholds._cut(Threshold(name="t", signal="s", **wanted), thresholds._summed([table]))


@given(st.lists(st.tuples(FLOATS, st.integers(0, 1000)), min_size=1, max_size=60), st.integers(0, 20_000))
def test_a_number_of_tokens_is_reached_by_as_few_classes_as_possible(rows, goal):
    scores, tokens = np.array([s for s, _ in rows], np.float32), np.array([t for _, t in rows])
    found = cut(scores, tokens, tokens=goal)
    kept = tokens[scores >= found["value"]].sum()

    assert kept == found["tokens"]
    assert kept >= min(goal, tokens.sum())
    classes = thresholds.ordered(scores)
    last = classes[scores >= found["value"]].min()
    assert tokens[classes > last].sum() < goal or goal == 0 or found["documents"] == (classes >= last).sum() == 1


@given(st.lists(FLOATS, min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_share_of_the_lowest(scores, share):
    values = np.array(scores, np.float32)
    found = cut(values, [1] * len(values), share=share, keep="lowest")
    kept = (values < found["value"]).sum() if np.isfinite(found["value"]) else len(values)

    assert kept == found["documents"] >= share * len(values)


RECIPE = """
[slice.wikipedia]
[[slice.wikipedia.step]]
step = "length"
[[slice.wikipedia.threshold]]
name = "long_enough"
signal = "num_chars"
{goal}
[[slice.wikipedia.drop]]
rule = "stub"
when = "num_words < 12"
because = "stubs"
[[slice.wikipedia.drop]]
rule = "below"
when = "num_chars < long_enough"
because = "the longest have the tokens that are wanted"
"""


def build(folder, goal, workers=1):
    (folder / "r.toml").write_text(RECIPE.format(goal=goal))
    inputs = {"wikipedia": [str(DEMO / "wikipedia")]}
    return rp.build(str(folder / "r.toml"), inputs, str(folder / f"to{workers}"), workers=workers)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_build_keeps_the_tokens_that_are_wanted(tmp_path, workers):
    made = build(tmp_path, "tokens = 4000", workers)
    rows = (
        rp.Corpus(str(tmp_path / f"to{workers}"))
        .sql("""
        SELECT num_chars, num_tokens, list_contains(rules, 'stub'), list_contains(rules, 'below')
        FROM documents d JOIN length l ON d.id = l.document_id JOIN tokens t ON d.id = t.document_id
        JOIN decisions x ON d.id = x.document_id ORDER BY num_chars DESC""")
        .fetchall()
    )

    wanted = [row for row in rows if not row[2]]
    kept = [row for row in wanted if not row[3]]
    shortest = min(r[0] for r in kept)
    assert sum(r[1] for r in kept) >= 4000 > sum(r[1] for r in kept if r[0] > shortest)
    assert shortest > max(r[0] for r in wanted if r[3])
    assert made.slices["wikipedia"].dropped_by["below"] > 0


def test_each_group_has_its_own(tmp_path):
    build(tmp_path, 'share = 0.5\nby = "language"')
    rows = (
        rp.Corpus(str(tmp_path / "to1"))
        .sql("""
        SELECT language, count(*), sum(CASE WHEN list_contains(rules, 'below') THEN 1 ELSE 0 END)
        FROM documents d JOIN decisions x ON d.id = x.document_id JOIN length l ON d.id = l.document_id
        WHERE num_words >= 12 GROUP BY language""")
        .fetchall()
    )

    assert len(rows) > 1
    assert all(0 <= total / 2 - below <= 1 for _, total, below in rows)


@pytest.mark.parametrize(
    ("goal", "problem"),
    [
        ("", "needs either 'tokens' or 'share'"),
        ("tokens = 1\nshare = 0.5", "needs either"),
        ("share = 2.0", r"share must be in \(0, 1\)"),
        ('share = 0.5\nby = "langage"', "no column 'langage'.*did you mean 'language'"),
        ("shre = 0.5", "unknown key 'shre'"),
        ('tokens = 5\nby = "language"', "of all groups together"),
    ],
)
def test_mistakes_are_named(tmp_path, goal, problem):
    with pytest.raises(RecipeError, match=problem):
        build(tmp_path, goal)


def test_a_threshold_needs_a_number_that_is_measured(tmp_path):
    text = RECIPE.replace('signal = "num_chars"', 'signal = "num_char"').format(goal="share = 0.5")
    (tmp_path / "x.toml").write_text(text)

    with pytest.raises(RecipeError, match=r"no step before measures 'num_char'.*num_chars"):
        rp.build(str(tmp_path / "x.toml"), {"wikipedia": [str(DEMO / "wikipedia")]}, str(tmp_path / "to"))
