"""The step "personal_data" replaces what it finds, and finds of the authored texts what it says it does."""

from __future__ import annotations

import gzip
import ipaddress
import json
import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.errors import UsageError
from redpyjama.kernels.personal_data import KINDS
from redpyjama.steps.personal_data import STEP, PersonalDataParams
from tests.steps.batches import applied, measured
from tests.steps.personal_items import negatives, positives
from tests.steps.span_scores import Hit, scores
from tests.strategies import unicode_texts

ITEMS = [*positives(), *negatives()]
LEAST_RECALL = {"email": 0.9, "ip_address": 0.9, "phone_number": 0.85}


def hits(texts: list[str], **params: object) -> list[list[Hit]]:
    return [[tuple(hit) for hit in json.loads(row["personal_data_ranges"])] for row in measured(STEP, texts, **params)]


def test_the_authored_texts_are_many_and_of_all_kinds() -> None:
    assert len(positives()) >= 150
    assert len(negatives()) >= 150
    assert {item.kind for item in positives()} == set(KINDS)
    assert tuple(STEP.spans) == KINDS
    assert len({item.text for item in ITEMS}) == len(ITEMS)


def test_precision_and_recall_of_each_kind() -> None:
    found = scores(ITEMS, hits([item.text for item in ITEMS]))

    for kind in KINDS:
        assert found[kind].recall >= LEAST_RECALL.get(kind, 1.0), kind
        parts = 1 if kind == "email" else 0  # of "name@[address]" only the address is found
        assert found[kind].touched - found[kind].whole == parts, kind
    assert found[""].recall >= 0.92
    assert found[""].precision >= 0.96


def test_other_draws_of_the_same_texts() -> None:
    items = [item for seed in range(1, 20) for item in positives(seed) if item.kind in ("card_number", "iban")]
    found = scores(items, hits([item.text for item in items]))

    assert found[""].recall == found[""].precision == 1.0
    assert found[""].whole == found[""].touched


@pytest.mark.parametrize("kind", KINDS)
def test_the_value_alone_is_replaced(kind: str) -> None:
    item = next(item for item in positives() if item.kind == kind)
    (row,) = measured(STEP, [item.text])

    assert applied(item.text, row["spans"]) == item.text.replace(item.value, f"<{kind.upper()}>")
    assert [span["rule"] for span in row["spans"]] == [kind]


def test_what_is_counted() -> None:
    text = "a@b.cd, c@d.ef from 93.184.216.34: +49 30 12345678; 4111 1111 1111 1111; DE89 3704 0044 0532 0130 00"
    row, empty = measured(STEP, [text, ""])

    names = ("emails", "ip_addresses", "phone_numbers", "card_numbers", "ibans")
    assert [row[name] for name in names] == [2, 1, 1, 1, 1]
    assert applied(text, row["spans"]) == "<EMAIL>, <EMAIL> from <IP_ADDRESS>: <PHONE_NUMBER>; <CARD_NUMBER>; <IBAN>"
    assert empty == {**dict.fromkeys(names, 0), "personal_data_ranges": "[]", "spans": []}


def test_marking_leaves_the_text() -> None:
    texts = [item.text for item in ITEMS]
    marked, replaced = measured(STEP, texts, action="mark"), measured(STEP, texts)

    assert all(not row["spans"] for row in marked)
    assert [row["personal_data_ranges"] for row in marked] == [row["personal_data_ranges"] for row in replaced]


def test_replacements_are_the_recipes() -> None:
    (row,) = measured(STEP, ["a@b.cd 93.184.216.34"], email="email@example.com", ip_address="")
    assert applied("a@b.cd 93.184.216.34", row["spans"]) == "email@example.com "


def test_what_is_replaced_is_found_no_more() -> None:
    rows = measured(STEP, [item.text for item in ITEMS])
    left = [applied(item.text, row["spans"]) for item, row in zip(ITEMS, rows, strict=True)]

    assert hits(left) == [[]] * len(ITEMS)


def test_kinds_can_be_chosen() -> None:
    text = "a@b.cd from 93.184.216.34"

    assert [hit[0] for hit in hits([text], kinds=("ip_address",))[0]] == ["ip_address"]
    assert hits([text], kinds=("iban", "card_number")) == [[]]


def test_wrong_kinds_are_refused() -> None:
    with pytest.raises(UsageError, match="emial"):
        PersonalDataParams(kinds=("emial",))


@given(st.lists(unicode_texts | st.sampled_from([item.text for item in ITEMS]), max_size=4))
def test_spans_are_ranges_of_whole_characters(texts: list[str]) -> None:
    for text, row in zip(texts, measured(STEP, texts), strict=True):
        applied(text, row["spans"])


# --- what others do --------------------------------------------------------------------------------------------------

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DATATROVE_EMAIL = re.compile(rf"\b{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_FOUR_NUMBERS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)", re.ASCII)


def is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def real_texts(realdata: pathlib.Path) -> list[str]:
    with gzip.open(realdata / "c4/c4-realnewslike/c4-train.00000-of-00512.json.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    for pages in sorted((realdata / "commoncrawl").rglob("*.wet.gz")):
        with gzip.open(pages) as file:
            texts += file.read(8_000_000).decode("utf-8", "replace").split("WARC/1.0")
    return texts


def test_documents_are_changed_as_by_datatrove(realdata: pathlib.Path) -> None:
    texts = real_texts(realdata)
    ours = [bool(found) for found in hits(texts, kinds=("email", "ip_address"))]
    theirs = [bool(_DATATROVE_EMAIL.search(t)) or any(map(is_global, _FOUR_NUMBERS.findall(t))) for t in texts]

    assert sum(theirs) > 10
    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(texts) >= 0.98
