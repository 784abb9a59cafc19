"""The step "redpajama_v2" measures RedPajama V2's signals as they were published."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import example, given

from redpyjama.errors import UsageError
from redpyjama.steps.redpajama_v2 import STEP, RedPajamaV2Params
from redpyjama.steps.stop_words import STOP_WORDS
from tests.steps import v2_reference
from tests.steps.batches import batch_of, measured
from tests.steps.test_repetition import pages
from tests.steps.test_repetition import twin as repetition_twin
from tests.strategies import texts_of

ENGLISH = set(STOP_WORDS["en"])

texts = texts_of(
    " ", "\n", "\r", "the ", "I ", "USA ", "NATO's ", "ǅ", "DŽ ", "Ⅻ ", "½ ", "六", "2024 ", "{x}", "#", "...", "....", "…",
    ". ", "! ", "? ", "”", "• ", "– ", "a.b", "Lorem ipsum", "x-lorem, ipsum.", "lorem\nipsum ", "javascript ", "JavaScript! ",
    "Élan ", "ÉLAN", "\u00a0", "_", "__a ", "e\u0301", "한국", "\x1c",
)  # fmt: skip


def twin(text: str) -> dict[str, float]:
    return v2_reference.signals(text, ENGLISH) | repetition_twin(text)


@given(texts)
@example("lorem, Ipsum LOREM ipsum lorem -- ipsum")
@example("a\n\nb")
@example("ÉLAN ÉLAN élan")
def test_values_are_those_of_the_definitions(text: str) -> None:
    assert measured(STEP, [text]) == [pytest.approx(twin(text), abs=1e-9)]


def test_real_pages_have_the_values_of_the_definitions(realdata: pathlib.Path) -> None:
    for text in pages(realdata, 40):
        assert measured(STEP, [text]) == [pytest.approx(twin(text), abs=1e-9)]


def test_stop_words_are_those_of_the_language() -> None:
    text = "Der Hund und die Katze"

    assert measured(STEP, [text], language="de")[0]["rps_doc_stop_word_fraction"] == 2 / 5
    assert measured(STEP, [text], language="de", more_stop_words=("Hund",))[0]["rps_doc_stop_word_fraction"] == 3 / 5
    assert measured(STEP, [text])[0]["rps_doc_stop_word_fraction"] == 0


def test_a_language_without_stop_words_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'xx'.*\['de', 'en'"):
        STEP.run(batch_of(["a"]), RedPajamaV2Params(language="xx"))


def test_a_long_line_and_an_empty_batch() -> None:
    (row,) = measured(STEP, ["One word after another. " * 100_000])

    assert row["rps_doc_num_sentences"] == 100_000
    assert row["rps_doc_word_count"] == 400_000
    assert row["rps_doc_frac_unique_words"] == 1e-5
    assert measured(STEP, []) == []
