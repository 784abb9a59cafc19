"""The kernels for secrets find what their twin finds, in any text and at any place of a batch."""

from __future__ import annotations

import random
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import arrow, secret_text, secrets
from redpyjama.kernels.secret_kinds import KINDS
from tests.kernels import secrets_twin
from tests.steps.secret_items import Draw, negatives, positives
from tests.strategies import ODD, characters, texts_of, unicode_texts

ITEMS = [*positives(), *negatives()]
SECRETS = [item.value for item in ITEMS if item.value and len(item.value) < 300]
ALL = secrets.tables(KINDS)

texts = texts_of(
    *SECRETS[::5], "api_key", "token", "Secret", "PASSWORD", "pwd", "pass", "aws_secret", "credentials", "Authorization", "key",
    " = ", "=", ": ", ":=", " => ", "==", "(", ", ", ">", "<", "<-", '"', '"', "'", "\\", "\\n", "`", "b", "Bearer ", ": str = ",
    "value=", "_id", "_", "-", ".", "://", "user", ":", "@", "host", "example.com", "https://a:", "s3Cr7pw9", "%", "$", "{", "}",
    "Xk4vQz81mLp02TyR", "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "hooks.slack.com/services/", "sk-", "T3Blbk" "FJ", "eyJ",
    "-----BEGIN ", "RSA ", "PRIVATE KEY", "-----", "-----END ", " BLOCK", "AAAA", "\n",
)  # fmt: skip


def found_in(batch: list[str], look_for: secrets.Tables = ALL, limits: tuple[float, float] = (4.5, 3.0)) -> list[list]:
    offsets, data = arrow.buffers(pa.array(batch, pa.string()))
    rows = secrets.find(data, offsets, look_for, *limits)
    answer: list[list] = [[] for _ in batch]
    for document, start, end, kind, _ in rows.tolist():
        answer[document].append((start, end, KINDS[kind]))
    return answer


@pytest.mark.parametrize("item", ITEMS, ids=range(len(ITEMS)))
def test_authored_texts(item) -> None:
    assert found_in([item.text]) == [secrets_twin.find(item.text.encode())]


@given(texts)
@example("")
@example("\u0301")
@example("token=\x00")
@example("key")
@example("a://b:c4d5@")
@example("\\sk-" + "vBMM7C8ArgE6rlDIo49h" + "T3BlbkFJ" + "a6zvvktA6ngcBewkIRS7")
def test_the_twin_agrees(text: str) -> None:
    assert found_in([text]) == [secrets_twin.find(text.encode())]


@given(unicode_texts, st.sampled_from(ITEMS), unicode_texts, st.sampled_from(ITEMS))
def test_the_twin_agrees_with_anything_around(before: str, item, between: str, other) -> None:
    text = before + item.text + between + other.text
    assert found_in([text]) == [secrets_twin.find(text.encode())]


@given(st.sampled_from(ITEMS), st.data())
def test_the_twin_agrees_on_broken_secrets(item, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(item.text)))
    count = data.draw(st.integers(0, 3))
    text = item.text[:at] + data.draw(st.text(characters, max_size=2)) + item.text[at + count :]
    assert found_in([text]) == [secrets_twin.find(text.encode())]


@given(st.lists(st.sampled_from([item.text for item in ITEMS]) | st.sampled_from(["", *ODD]), max_size=6))
def test_documents_do_not_touch(batch: list[str]) -> None:
    assert found_in(batch) == [found_in([text])[0] for text in batch]
    offsets, data = arrow.buffers(pa.array(["x" * 7, *batch], pa.string()).slice(1))
    assert len(secrets.find(data, offsets, ALL, 4.5, 3.0)) == sum(map(len, found_in(batch)))


def test_a_document_ends_where_it_ends() -> None:
    for item in ITEMS:
        if item.value:
            at = item.text.index(item.value) + len(item.value) // 2
            halves = [item.text[:at], item.text[at:]]
            assert found_in(halves) == [secrets_twin.find(half.encode()) for half in halves]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone(kind: str) -> None:
    look_for = secrets.tables((kind,))
    for item in ITEMS:
        assert found_in([item.text], look_for) == [secrets_twin.find(item.text.encode(), kinds=(kind,))], item


@given(texts, st.floats(0, 6), st.floats(0, 4))
def test_limits_of_entropy(text: str, base64: float, hexadecimal: float) -> None:
    limits = (base64, hexadecimal)
    assert found_in([text], limits=limits) == [secrets_twin.find(text.encode(), limits)]


@given(st.binary(max_size=2000))
def test_entropy(data: bytes) -> None:
    counts = np.zeros(256, np.int64)
    text = np.frombuffer(data, np.uint8)
    assert secret_text.entropy(text, 0, len(data), counts) == pytest.approx(secrets_twin.entropy(data), abs=1e-9)
    assert not counts.any()


@given(st.binary(max_size=40) | st.text("abcdefg0123", max_size=12).map(str.encode))
def test_sequences(data: bytes) -> None:
    assert secret_text.is_sequence(np.frombuffer(data, np.uint8), 0, len(data)) == secrets_twin.is_sequence(data)


def test_a_batch_full_of_secrets_has_room() -> None:
    draw = Draw(1)
    tokens = [draw.checksummed("gh" + "p_") for _ in range(100)]
    text = " ".join(tokens * 50)
    assert len(found_in([text])[0]) == 5000
    assert len(found_in(["a", text, "b", text])[3]) == 5000


HOSTILE = {
    "one letter": "a", "names": "token", "assignments": 'token="', "addresses": "a://b:c", "keys": "-----BEGIN" " RSA PRIVATE KEY-----",
    "web tokens": "eyJ", "web token parts": ".eyJhbGciOiJIUzI1NiJ9", "OpenAI": "T3Blbk" "FJ", "prefixes": "gh" "p_", "dashes": "-",
    "digits": "1", "hooks": "hooks.slack.com/services/", "colons": "12345678:A" "A", "marks": "\u0301", "emoji": "\U0001f600", "NUL": "\0",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_line_of_10_mb_takes_time_in_proportion(piece: str) -> None:
    seconds = []
    for size in (1 << 20, 10 << 20):
        text = piece * (size // len(piece.encode()))
        offsets, data = arrow.buffers(pa.array([text]))
        begin = time.process_time()
        assert len(secrets.find(data, offsets, ALL, 4.5, 3.0)) == 0
        seconds.append(time.process_time() - begin)
    assert seconds[1] < 40 * seconds[0] + 0.5
    assert seconds[1] < 10


def test_a_long_line_with_secrets_inside() -> None:
    letters = random.Random(5)
    noise = "".join(letters.choices("abc, {}();=\n", k=200_000))
    text = noise.join(item.text for item in ITEMS[:40])
    found = found_in([text])[0]
    assert found == secrets_twin.find(text.encode())
    assert len(found) >= 40
