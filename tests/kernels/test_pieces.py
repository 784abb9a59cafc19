"""A text's pieces are those that the tokenizer's own library finds."""

from __future__ import annotations

import functools
import itertools
import pathlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from redpyjama.kernels import pieces
from redpyjama.kernels.arrow import buffers
from redpyjama.store import tokenizer_file, vocabulary
from tests.strategies import texts_of

texts = texts_of(
    "the ", " of", "\n", "0", "  ", "▁", "ing", "日本", "\x00", "�", "</s", "a" * 40, "tion ", "ü", "<0x41>"
)


@functools.cache
def shipped() -> tuple[tokenizer_file.Tokenizer, vocabulary.Characters]:
    found = tokenizer_file.load(tokenizer_file.SHIPPED)
    made = vocabulary.from_json(found.content.decode())
    assert isinstance(made, vocabulary.Characters)
    return found, made


@functools.cache
def memory() -> pieces.Memory:
    return pieces.new_memory(6)  # overflows at once


def encoded(some: list[str]) -> list[list[int]]:
    made = shipped()[1]
    ids, bounds = pieces.encode(*buffers(pa.array(some, pa.string())), made.prefix, made.model, made.bytes_of, memory())
    return [ids[a:b].tolist() for a, b in itertools.pairwise(bounds)]


@given(texts, texts)
def test_pieces_are_those_of_the_library(first: str, second: str) -> None:
    some = [first, "", second]

    assert encoded(some) == shipped()[0].encode(some)


def test_pieces_of_hard_texts_and_of_one_without_a_cut() -> None:
    some = [*tokenizer_file.PROBE, "ab" * 5000, "a" * 5000]

    assert encoded(some) == shipped()[0].encode(some)


def test_a_reserved_string_is_text() -> None:
    (found,) = encoded(["a</s>b"])
    names = shipped()[0].pieces

    assert "".join(names[i] for i in found) == "▁a</s>b"
    assert len(found) > 3


def test_pieces_of_a_sentencepiece_model(realdata: pathlib.Path) -> None:
    folder = realdata / "tokenizers" / "mistral-7b-sentencepiece"
    (path,) = [p for p in sorted(folder.rglob("*")) if p.is_file() and ".model" in p.name]
    found = tokenizer_file.load(str(path))
    made = vocabulary.from_sentencepiece(found.content)
    some = [*tokenizer_file.PROBE, "plain text", "ab" * 5000]
    ids, bounds = pieces.encode(
        *buffers(pa.array(some, pa.string())), made.prefix, made.model, made.bytes_of, pieces.new_memory()
    )

    assert [ids[a:b].tolist() for a, b in itertools.pairwise(bounds)] == found.encode(some)


def test_no_text_has_no_pieces() -> None:
    assert encoded([]) == []


@pytest.mark.parametrize("bits", [4, 16])
def test_the_memory_does_not_change_what_is_found(bits: int) -> None:
    made = shipped()[1]
    some = pa.array([f"w{i} {i * 7919 % 1000003:x} the" for i in range(3000)] * 2, pa.string())
    fresh = pieces.encode(*buffers(some), made.prefix, made.model, made.bytes_of, pieces.new_memory(bits))
    expected = shipped()[0].encode(some.to_pylist())

    assert fresh[0].tolist() == np.concatenate([np.array(e) for e in expected]).tolist()
