"""The step "secrets" replaces what it finds, and finds of the authored texts what it says it does."""

from __future__ import annotations

import json
import pathlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.errors import UsageError
from redpyjama.kernels.secret_kinds import KINDS
from redpyjama.steps import secrets
from redpyjama.steps.secrets import STEP, SecretsParams
from tests.steps.batches import applied, measured
from tests.steps.secret_items import Draw, negatives, positives
from tests.steps.span_scores import Hit, scores
from tests.strategies import unicode_texts

ITEMS = [*positives(), *negatives()]
LEAST_RECALL = {"aws_secret_key": 0.85, "url_password": 0.85, "password": 0.75, "generic": 0.85}
ROOT = pathlib.Path(__file__).resolve().parents[2]


def hits(texts: list[str], **params: object) -> list[list[Hit]]:
    return [[tuple(hit) for hit in json.loads(row["secret_ranges"])] for row in measured(STEP, texts, **params)]


def test_the_authored_texts_are_many_and_of_all_kinds() -> None:
    assert len(positives()) >= 120
    assert len(negatives()) >= 150
    assert {item.kind for item in positives()} == set(KINDS) == set(STEP.spans)
    assert tuple(STEP.spans) == KINDS
    assert positives() == positives()
    assert len({item.text for item in ITEMS}) > 0.98 * len(ITEMS)


def test_precision_and_recall_of_each_kind() -> None:
    found = scores(ITEMS, hits([item.text for item in ITEMS]))

    for kind in KINDS:
        score = found[kind]
        assert score.recall >= LEAST_RECALL.get(kind, 1.0), kind
        assert score.precision == 1.0, kind
        assert score.whole == score.touched, kind
    assert found[""].precision >= 0.99
    assert found[""].recall >= 0.95


def test_other_draws_of_the_same_texts() -> None:
    items = [item for seed in range(5) for item in (*positives(seed), *negatives(1000 + seed))]
    found = scores(items, hits([item.text for item in items]))

    assert found[""].precision >= 0.99
    assert found[""].recall >= 0.95
    assert all(score.whole == score.touched for score in found.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_secret_alone_is_replaced(kind: str) -> None:
    item = next(item for item in positives() if item.kind == kind)
    (row,) = measured(STEP, [item.text])
    token = "<PASSWORD>" if item.kind in ("password", "url_password") else "<KEY>"

    assert applied(item.text, row["spans"]) == item.text.replace(item.value, token)
    assert [span["rule"] for span in row["spans"]] == [item.kind]


def test_what_is_counted() -> None:
    draw = Draw(3)
    pem, token = draw.pem("PRIVATE KEY", 400), draw.checksummed("gh" + "p_")
    text = f'{pem}\ntoken = "{token}"\npassword = "{draw.password()}"\napi_key: "{draw.mixed(32)}"\n'
    (row, empty) = measured(STEP, [text, ""])

    assert [row[name] for name in ("secrets", "secrets_formed", "secrets_by_name", "private_keys")] == [4, 2, 2, 1]
    assert [hit[0] for hit in json.loads(row["secret_ranges"])] == ["private_key", "github", "password", "generic"]
    assert applied(text, row["spans"]) == '<KEY>\ntoken = "<KEY>"\npassword = "<PASSWORD>"\napi_key: "<KEY>"\n'
    assert empty == {
        "secrets": 0, "secrets_formed": 0, "secrets_by_name": 0, "private_keys": 0, "secret_ranges": "[]", "spans": [],
    }  # fmt: skip


def test_marking_leaves_the_text() -> None:
    texts = [item.text for item in ITEMS]
    marked, replaced = measured(STEP, texts, action="mark"), measured(STEP, texts)

    assert all(not row["spans"] for row in marked)
    assert [row["secret_ranges"] for row in marked] == [row["secret_ranges"] for row in replaced]


def test_replacements_are_the_recipes() -> None:
    secret = Draw(4).mixed(32)
    (row,) = measured(STEP, [f'token = "{secret}"'], replacement="KEY_1")
    assert applied(f'token = "{secret}"', row["spans"]) == 'token = "KEY_1"'
    (row,) = measured(STEP, [f"pg://me:{secret}@db.io"], password_replacement="")
    assert applied(f"pg://me:{secret}@db.io", row["spans"]) == "pg://me:@db.io"


def test_what_is_replaced_is_found_no_more() -> None:
    rows = measured(STEP, [item.text for item in ITEMS])
    left = [applied(item.text, row["spans"]) for item, row in zip(ITEMS, rows, strict=True)]

    assert [row["secrets"] for row in measured(STEP, left)] == [0] * len(ITEMS)


def test_kinds_can_be_chosen() -> None:
    token = Draw(5).checksummed("gh" + "p_")
    text = f'token = "{token}"'

    assert [hit[0] for hit in hits([text])[0]] == ["github"]
    assert [hit[0] for hit in hits([text], kinds=("generic",))[0]] == ["generic"]
    assert hits([text], kinds=("npm", "jwt")) == [[]]


def test_a_form_of_its_own_beats_a_longer_value_by_name() -> None:
    token = Draw(6).jwt({"alg": "HS256"}, {"sub": "1"})
    (found,) = hits([f'secret = "{token}-9aB3xY7q"'])

    assert [hit[0] for hit in found] == ["jwt"]


def test_wrong_parameters_are_refused() -> None:
    with pytest.raises(UsageError, match="githb"):
        SecretsParams(kinds=("githb",))
    with pytest.raises(UsageError, match="entropy"):
        SecretsParams(base64_entropy=9)


@given(st.lists(unicode_texts | st.sampled_from([item.text for item in ITEMS]), max_size=4))
def test_spans_are_ranges_of_whole_characters(texts: list[str]) -> None:
    for text, row in zip(texts, measured(STEP, texts), strict=True):
        applied(text, row["spans"])
        for kind, start, end in json.loads(row["secret_ranges"]):
            assert text.encode()[start:end].decode().isascii()
            assert kind in KINDS


def test_this_repository_holds_none() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("no git repository")
    paths = [path for path in listed.stdout.decode().split("\0") if path and not path.startswith("src/redpyjama/data/")]
    texts = [(ROOT / path).read_bytes().decode("utf-8", "replace") for path in paths if (ROOT / path).is_file()]

    assert {path: found for path, found in zip(paths, hits(texts), strict=True) if found} == {}


def test_kinds_are_those_of_the_kernel() -> None:
    assert tuple(secrets._KINDS) == KINDS
