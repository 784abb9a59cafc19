"""Words and lines are those that plain Python finds."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given

from redpyjama.kernels import arrow, scripts, word_hash, words
from redpyjama.kernels.words import Mode
from tests.kernels.test_text import encoded
from tests.steps.v2_reference import NO_PUNCTUATION, normalise
from tests.strategies import texts_of

texts = texts_of(
    " ", "\n", "don't ", "DON’T", "e.g. ", "U.S.A", "3.14", "1,000,000", "a,b", "_x_", "snake_case", "日本語", "カタカナ",
    "ภาษาไทย", "한국어", "e\u0301", "a\u0323\u0301", "a\u0301\u0323", "Σίσυφος", "ΣΑΣ", "ﬁ", "İ", "K", "naïve", "Ⅻ", "½", "!?",
    "...", "--", "·", "‧", "l·l", "\xad", "\u200d", "x" * 17, "abcdefgh", "\x00", "#{}",
)  # fmt: skip

CLASSES = scripts.word_classes()


def split(text: str, mode: Mode) -> list[str]:
    data = text.encode()
    found = words.split_words(encoded(text), np.array([0, len(data)], np.int32), mode)
    return [data[a:b].decode() for a, b in zip(found.start, found.stop, strict=True)]


def found_in(text: str, mode: Mode) -> words.Words:
    return words.split_words(encoded(text), np.array([0, len(text.encode())], np.int32), mode)


def is_(character: str, bit: int) -> bool:
    return bool(CLASSES[ord(character)] & bit)


def unicode_twin(text: str) -> list[str]:
    """Words by the rules of the default mode, character by character."""
    found: list[str] = []
    i = 0
    while i < len(text):
        if not text[i].isalnum():
            i += 1
            continue
        start, alone = i, is_(text[i], scripts.ALONE)
        i += 1
        while i < len(text):
            c, after = text[i], text[i + 1 : i + 2]
            if is_(c, scripts.MARK):
                i += 1
            elif alone:
                break
            elif c.isalnum() and not is_(c, scripts.ALONE):
                i += 1
            elif c in "'’._·‧," and after and after.isalnum() and not is_(after, scripts.ALONE):
                if c == "," and not (text[i - 1] in "0123456789" and after.isdecimal()):
                    break
                i += 1
            else:
                break
        found.append(text[start:i])
    return found


def folded(word: str) -> str:
    special = {"Σ": "σ", "ς": "σ", "’": "'"}
    return unicodedata.normalize("NFD", "".join(special.get(c) or c.lower() for c in word))


@given(texts)
@example("a, b,c 1,2 ,3")
def test_default_words(text: str) -> None:
    assert split(text, Mode.UNICODE) == unicode_twin(text)
    assert found_in(text, Mode.UNICODE).chars.tolist() == [len(w) for w in unicode_twin(text)]


@given(texts)
def test_words_between_white_space(text: str) -> None:
    assert split(text, Mode.WHITESPACE) == text.split()
    assert found_in(text, Mode.WHITESPACE).chars.tolist() == [len(w) for w in text.split()]


@given(texts)
def test_raw_words(text: str) -> None:
    assert split(text, Mode.WORD_PUNCT) == re.findall(r"\w+|[^\w\s]+", text)


@given(texts)
def test_normalised_words(text: str) -> None:
    expected = normalise(text).split()

    assert [normalise(w) for w in split(text, Mode.NORMALISED)] == [
        unicodedata.normalize("NFD", w.translate(NO_PUNCTUATION).lower())
        for w in text.split()
        if w.translate(NO_PUNCTUATION)
    ]
    assert found_in(text, Mode.NORMALISED).chars.tolist() == [len(w) for w in expected]


@pytest.mark.parametrize("mode", list(Mode))
@given(texts, texts)
def test_equal_words_have_equal_hashes_and_others_have_others(mode: Mode, first: str, second: str) -> None:
    text = f"{first} {second} {first}"
    by_mode = {
        Mode.UNICODE: folded,
        Mode.NORMALISED: lambda w: folded(w.translate(NO_PUNCTUATION)),
    }
    same = by_mode.get(mode, lambda w: w)
    found = found_in(text, mode)
    by_word = {}
    for word, value in zip(split(text, mode), found.hash.tolist(), strict=True):
        assert by_word.setdefault(same(word), value) == value
    assert len(set(by_word.values())) == len(by_word)


@pytest.mark.parametrize("mode", list(Mode))
@given(texts)
def test_bits_are_those_of_all_characters(mode: Mode, text: str) -> None:
    for word, bits in zip(split(text, mode), found_in(text, mode).bits.tolist(), strict=True):
        kept = word.translate(NO_PUNCTUATION) if mode == Mode.NORMALISED else word
        assert bits == np.bitwise_or.reduce(CLASSES[[ord(c) for c in kept]])


@pytest.mark.parametrize("mode", list(Mode))
@given(texts, texts)
def test_documents_are_split_apart(mode: Mode, first: str, second: str) -> None:
    data = [first.encode(), second.encode()]
    offsets = np.cumsum([0, len(data[0]), 0, len(data[1])]).astype(np.int32)
    together = words.split_words(np.frombuffer(b"".join(data), np.uint8), offsets, mode)
    alone = [found_in(first, mode), found_in(second, mode)]

    assert np.diff(together.doc_offsets).tolist() == [len(alone[0].hash), 0, len(alone[1].hash)]
    assert together.hash.tolist() == [*alone[0].hash.tolist(), *alone[1].hash.tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop: it's 3.14!", "Do n't stop : it 's 3.14 !"),
        ("(e.g. Mr. Smith)", "( e.g. Mr. Smith )"),
        ("“Well,” she said…", "“ Well , ” she said …"),
        ("state-of-the-art and/or end.Next", "state - of - the - art and/or end . Next"),
        ("see http://example.com/a-b?c=d, or mail me@example.org.", "see http://example.com/a-b?c=d , or mail me@example.org ."),
        ("10km, $5, 20% 5am U.S. I.B.M.", "10 km , $ 5 , 20 % 5 am U.S. I.B.M."),
        ("I'm gonna can't :) 8) <3", "I 'm gon na ca n't :) 8) <3"),
        ("wow!!! ...and --- 'quoted'", "wow ! ! ! ... and --- ' quoted '"),
        ("a->b x=1 y:z 1-2 A,B", "a->b x=1 y : z 1 - 2 A , B"),
        ("日本語。 naïve’s ☃snow", "日本語 。 naïve ’s ☃ snow"),
    ],
)  # fmt: skip
def test_words_as_spacy_has_them(text: str, expected: str) -> None:
    assert split(text, Mode.SPACY) == expected.split()


@given(texts)
def test_no_character_is_lost_where_words_keep_all(text: str) -> None:
    for mode in (Mode.SPACY, Mode.WHITESPACE, Mode.WORD_PUNCT):
        assert "".join(split(text, mode)) == "".join(text.split())


def test_every_character_that_folds_is_known() -> None:
    place, bounds, changed, combining = word_hash.folds()
    for code in range(0x110000):
        character = chr(code)
        if 0xD800 <= code < 0xE000:
            continue
        expected = folded(character)
        entry = place[code] if code < len(place) else 0
        got = bytes(changed[bounds[entry - 1] : bounds[entry]]).decode() if entry else character
        rank = combining[code] if code < len(combining) else 0
        assert (got, rank) == (expected, unicodedata.combining(expected[-1]))


@given(texts)
@example("\n\na\n")
@example("a\nb")
def test_lines(text: str) -> None:
    data = text.encode()
    found = words.split_lines(encoded(text), np.array([0, len(data)], np.int32))
    expected = [line.removesuffix("\n") for line in re.findall(r"[^\n]*\n|[^\n]+$", text)]

    assert [data[a:b].decode() for a, b in zip(found.start, found.stop, strict=True)] == expected
    assert found.chars.tolist() == [len(line) for line in expected]
    assert len(set(found.hash.tolist())) == len(set(expected))


@pytest.mark.parametrize("mode", list(Mode))
def test_ten_megabytes_in_one_line_and_in_one_word(mode: Mode) -> None:
    line, word = "word, " * 1_700_000, "x" * 10_000_000

    assert len(found_in(line, mode).hash) in (1_700_000, 3_400_000)
    assert found_in(word, mode).chars.tolist() == [10_000_000]


def test_chunks_cover_all_documents_in_order() -> None:
    offsets = np.array([5, 5, 105, 110, 115, 400, 400], np.int32)

    assert list(arrow.chunks(offsets, 10)) == [(0, 1), (1, 2), (2, 4), (4, 5), (5, 6)]
    assert list(arrow.chunks(offsets, 1000)) == [(0, 6)]
    assert list(arrow.chunks(np.zeros(1, np.int32))) == []


def test_the_hash_of_a_word_is_that_in_a_text() -> None:
    assert words.hash_of("The", Mode.UNICODE) == found_in("the", Mode.UNICODE).hash[0]
    assert words.hash_of("the", Mode.WHITESPACE) != words.hash_of("The", Mode.WHITESPACE)
    assert words.hash_of("two words", Mode.WHITESPACE) == words.hash_of("", Mode.WHITESPACE) == 0
