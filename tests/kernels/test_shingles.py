"""Shingles stand for the n-grams that plain Python makes: as many, in the same order, equal where they are equal."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import arrow, shingles, word_hash
from redpyjama.kernels.simplified import Form
from redpyjama.kernels.words import Mode, hash_of
from tests.kernels.test_simplified import TWINS, texts

BASE, MASK = 0xD1342543DE82EF95, 2**64 - 1


def shingles_of(batch: list[str], n: int, unit: str, form: Form) -> list[list[int]]:
    offsets, data = arrow.buffers(pa.array(batch, pa.string()))
    places, hashes = shingles.shingles(data, offsets, n, unit, form)
    assert places[-1] == len(hashes)
    return [hashes[a:b].tolist() for a, b in itertools.pairwise(places)]


def twin(units: list[int], n: int) -> list[int]:
    found = []
    for i in range(len(units) - n + 1):
        value = 0
        for unit in units[i : i + n]:
            value = (value * BASE + unit) & MASK
        found.append(int(word_hash.mixed(value)))
    return found


@pytest.mark.parametrize("form", Form)
@given(batch=st.lists(texts, max_size=4), n=st.sampled_from([1, 2, 5, 13]))
@example(batch=["", "a", "\x00\x00", "\U0001f600\U0001f601", "e\u0301e\u0301"], n=2)
def test_character_ngrams(form: Form, batch: list[str], n: int) -> None:
    expected = [twin([ord(c) for c in TWINS[form](text)], n) for text in batch]

    assert shingles_of(batch, n, "characters", form) == expected


@pytest.mark.parametrize("form", [Form.PLAIN, Form.REDPAJAMA_V2, Form.SLIMPAJAMA])
@given(batch=st.lists(texts, max_size=4), n=st.sampled_from([1, 2, 3, 13]))
@example(batch=["", "a", "a b", "\x85a\u2003b\u00e9\u1680\u1681 \u3000\u3001", "eightch. "], n=1)
def test_word_ngrams(form: Form, batch: list[str], n: int) -> None:
    words = [[hash_of(word, Mode.WHITESPACE) for word in TWINS[form](text).split()] for text in batch]

    assert shingles_of(batch, n, "words", form) == [twin(found, n) for found in words]


def test_words_of_datatrove_are_spacys() -> None:
    text = "I can't pay 1,000.50 (or 10km) for it, don’t “ask”! Dr. Smith's cannot e-mail U.S.A. gonna 5pm"

    (found,) = shingles_of([text], 1, "words", Form.DATATROVE)

    # fmt: off
    words = ["i", "can", "t", "pay", "0", "0", "or", "0", "km", "for", "it", "don", "t", "ask", "dr", "smith", "s", "can",
             "not", "e", "mail", "u", "s", "a", "gon", "na", "0pm"]  # what datatrove 0.10.1 says
    # fmt: on
    assert found == twin([hash_of(word, Mode.WHITESPACE) for word in words], 1)


def test_what_is_shorter_than_an_ngram_has_no_shingle() -> None:
    words = shingles_of(["", "a b", "a b c", "a b c d"], 3, "words", Form.PLAIN)
    characters = shingles_of(["", "日本", "日本語", "x日本語"], 3, "characters", Form.PLAIN)

    assert [len(found) for found in words] == [len(found) for found in characters] == [0, 0, 1, 2]


def test_a_long_text_has_as_many_different_ngrams_as_python_finds() -> None:
    text = "".join(f"{i * i} sentence, " for i in range(20_000))

    (found,) = shingles_of([text], 13, "characters", Form.SLIMPAJAMA)

    simple = TWINS[Form.SLIMPAJAMA](text)
    assert len(set(found)) == len({simple[i : i + 13] for i in range(len(simple) - 12)})


def test_hashes_stay_what_they_are() -> None:
    """Keys of earlier builds are compared with those of new ones."""
    assert shingles_of(["The quick brown fox."], 4, "words", Form.REDPAJAMA_V2) == [[150311751198565418]]
    assert shingles_of(["naïve!"], 5, "characters", Form.SLIMPAJAMA) == [[3639485690223591237]]
