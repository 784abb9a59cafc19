"""The kernels for personal data find what their twin finds, in any text and at any place of a batch."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import arrow, personal_data
from redpyjama.kernels.personal_data import KINDS
from redpyjama.kernels.personal_numbers import IBAN_LENGTHS
from tests.kernels import personal_twin
from tests.steps.personal_items import ITEMS
from tests.strategies import texts_of, unicode_texts

addresses = texts_of(
    "jane", "Doe", ".", ".", "@", "@", "-", "_", "+", "'", "%", "uni", "bonn", "de", "com", "co", "uk", "xn--p1ai", "example",
    "org", "test", "png", "git", "é", "ж", "中", "<", ">", " ", ":", "2", "a@b.c", "foo@bar.com", "\n",
)  # fmt: skip
hosts = texts_of(
    "1", "9", "10", "93", "184", "216", "255", "256", "192", "168", "0", "00", "2001", "2a00", "3fff", "fff", "db8", "1450", "::",
    ":", ":", ".", ".", ".", "version", "Section ", "v", " ", "/", "-", "x", "g", "[", "]", "93.184.216.34", "2a00:1450::1",
)  # fmt: skip
digits = texts_of(
    "4111", "1111", "1112", "3782", "822463", "10005", "5555555555554444", "30569309025904", "DE", "DE89", "3704", "0044", "0532",
    "0130", "00", "NO9386011117947", "GB82 WEST 1234 5698 7654 32", "4", "0", " ", " ", "-", "-", ".", "_", "a", "A", "é",
)  # fmt: skip
phones = texts_of(
    "+", "+49", "+1", "+44", "00", "0049", "30", "030", "123456", "78", "212", "555", "7788", "0123", "1", "1-", "(", ")", "(0)",
    " ", " ", "-", "-", ".", "/", "\u00a0", "\u2011", "Tel", "tel.: ", "Phone", "Fax", ":", "\uff1a", "电话", "тел", "x12", "x", "#",
    "212-555-7788", "(212) 555-7788", "hotel", "é", "9",
)  # fmt: skip
texts = addresses | hosts | digits | phones | unicode_texts


def found_in(batch: list[str], kinds: tuple[str, ...] = KINDS) -> list[list]:
    offsets, data = arrow.buffers(pa.array(batch, pa.string()))
    answer: list[list] = [[] for _ in batch]
    for document, start, end, kind, replacement in personal_data.find(data, offsets, kinds).tolist():
        assert kind == replacement
        answer[document].append((KINDS[kind], start, end))
    return answer


@pytest.mark.parametrize("item", ITEMS, ids=range(len(ITEMS)))
def test_authored_texts(item) -> None:
    assert found_in([item.text]) == [personal_twin.find(item.text, set(KINDS))]


@given(texts)
@example("")
@example("\u0301@\u0301.\u0301")
@example("@")
@example("1")
@example("a@b.cd\x00")
@example("x@" + "é" * 200 + ".com")
@example("+" + "9" * 40)
@example("(+49) 30 1234567) 2023")
@example("Tel. (030) 123 45 67, (0) 12")
@example("2a00::1:2:3:4:5:6:7:8")
@example("2a00:1:2:3:4:5:6:7")
@example("2a00::1: foo")
@example("192.0.0.9 192.0.0.8 223.255.255.255 224.0.0.1")
def test_the_twin_agrees(text: str) -> None:
    assert found_in([text]) == [personal_twin.find(text, set(KINDS))]


@given(st.lists(texts, max_size=5), st.sets(st.sampled_from(KINDS)).map(sorted).map(tuple))
def test_documents_of_a_batch_do_not_touch(batch: list[str], kinds: tuple[str, ...]) -> None:
    assert found_in(batch, kinds) == [personal_twin.find(text, set(kinds)) for text in batch]


@given(unicode_texts, st.sampled_from(ITEMS), unicode_texts, st.sampled_from(ITEMS))
def test_the_twin_agrees_with_anything_around(before: str, item, between: str, other) -> None:
    text = before + item.text + between + other.text
    assert found_in([text]) == [personal_twin.find(text, set(KINDS))]


@given(st.sampled_from(sorted(IBAN_LENGTHS)), st.data())
def test_account_numbers_of_every_country(country: str, data) -> None:
    rest = data.draw(
        st.text("0123456789ABCXYZ", min_size=IBAN_LENGTHS[country] - 4, max_size=IBAN_LENGTHS[country] - 4)
    )
    check = 98 - int("".join(str(int(c, 36)) for c in rest + country + "00")) % 97
    right, wrong = f"{country}{check:02}{rest}", f"{country}{(check + 1) % 100:02}{rest}"
    fours = " ".join(right[i : i + 4] for i in range(0, len(right), 4))
    assert found_in([right, f"IBAN: {fours}.", wrong], ("iban",)) == [
        [("iban", 0, len(right))], [("iban", 6, 6 + len(fours))], []
    ]  # fmt: skip


def test_more_than_the_first_room() -> None:
    text = "a@b.cd " * 5000
    assert found_in([text])[0] == [("email", 7 * i, 7 * i + 6) for i in range(5000)]


@pytest.mark.parametrize("piece", ["1.", "1:", "+1 ", "(1) ", "4", "a@", "@", "a.", "DE12 ", "tel. ", "é", "0-"])
def test_a_long_line_takes_linear_time(piece: str) -> None:
    found_in([piece])
    begin = time.process_time()
    found_in([piece * (10_000_000 // len(piece.encode()))])
    assert time.process_time() - begin < 5
