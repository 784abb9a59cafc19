"""The step "language" asks lid.176, and stays within what it can say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.steps.language import STEP, LanguageParams
from tests.steps.batches import batch_of
from tests.strategies import unicode_texts

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
