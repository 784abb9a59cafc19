"""Simplified texts are those that plain Python makes."""

from __future__ import annotations

import itertools
import re
import string
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import arrow, simplified
from redpyjama.kernels.simplified import Form
from tests.strategies import texts_of

texts = texts_of(
    " ", "  ", "\n", "\t ", "a", "Word ", "É", "e\u0301", "\u0301", " \u0301 ", "a\u0301\u0323", "a\u0323\u0301", "Å", "İ", "ß", "ΣΑΣ",
    "ς", "한국어", "\u1112\u1161\u11ab", "日本", "\U0001d160", "\U0001d165\U0001d16d", "\U00010400", "\U0001f600", "!", "don't", "“x”", "。",
    "1,000.50", "3.", ".5", "٣٫١", "1٢", "½", "²", "_x_", "\x00", "\x1f", "\x7f", "\u0344", "\u0958", "ﬁ", "\ufb2c", "\u09c7\u09be", "Ⱥ", "\u2126",
)  # fmt: skip

NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
CCNET = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
BREAKS = str.maketrans(dict.fromkeys((*CCNET, *map(chr, (*range(9), 11, 12, *range(13, 32), *range(127, 160)))), " "))


def small(text: str) -> str:
    return re.sub("[Σς]", "σ", text).lower()


def redpajama_v2(text: str) -> str:
    text = re.sub(r"\s+", " ", small(text.translate(NO_PUNCTUATION)).strip())
    return unicodedata.normalize("NFD", text)


def slimpajama(text: str) -> str:
    text = small(unicodedata.normalize("NFC", text)).translate(NO_PUNCTUATION)
    return re.sub(r"\s+", " ", text.strip())


def datatrove(text: str) -> str:
    text = re.sub(r"\d+([.,،٫⎖⎗⎘]\d+)?", "0", small(text)).translate(BREAKS)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return re.sub(r"\s+", " ", text.strip())


def redpajama_v1_books(text: str) -> str:
    return re.sub(r"[^\w]+", "", small(text))


TWINS = {
    Form.PLAIN: str,
    Form.REDPAJAMA_V2: redpajama_v2,
    Form.SLIMPAJAMA: slimpajama,
    Form.DATATROVE: datatrove,
    Form.REDPAJAMA_V1_BOOKS: redpajama_v1_books,
}


def simplify(batch: list[str], form: Form) -> list[str]:
    offsets, data = arrow.buffers(pa.array(batch, pa.string()))
    result, places = simplified.simplify(data, offsets, form)
    return [bytes(result[a:b]).decode() for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize("form", Form)
@given(batch=st.lists(texts, max_size=4))
@example(batch=["", " ", "\u0301", "plain", "İ\u0323", " \u0301 ", "a \u0301 b"])
@example(batch=["1.2.3 4,5,6 7. ٣٫١ 12\u0967", "a\u0301\u0323x", "ΑΣ ΣΑΣ", "\u1112\u1161\u11ab"])
def test_texts_become_what_the_definition_says(form: Form, batch: list[str]) -> None:
    assert simplify(batch, form) == [TWINS[form](text) for text in batch]


@pytest.mark.parametrize("form", Form)
def test_every_character_by_itself(form: Form) -> None:
    if unicodedata.unidata_version != simplified.unicode.VERSION:
        pytest.skip(f"this Python knows Unicode {unicodedata.unidata_version}")
    batch = [f"x{chr(c)}y" for c in range(0x30000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) != "Cn"]

    found = simplify(batch, form)

    twin = TWINS[form]
    assert [(a, b) for a, b in zip(batch, found, strict=True) if b != twin(a)] == []


def test_documents_of_a_slice_do_not_see_their_neighbours() -> None:
    batch = pa.array(["before\u0301", "\u0301A b", "C\u0301", "after"], pa.string()).slice(1, 2)
    offsets, data = arrow.buffers(batch)

    result, places = simplified.simplify(data, offsets, Form.SLIMPAJAMA)

    assert bytes(result).decode() == "\u0301a bć"
    assert places.tolist() == [0, 5, 7]


def test_tables_are_read_only_where_callers_could_change_them() -> None:
    assert not simplified.unicode.classes().flags.writeable
    assert simplified._table(Form.DATATROVE) is simplified._table(Form.DATATROVE)
    assert np.count_nonzero(simplified._table(Form.DATATROVE).suspects) < 100
