"""The few fields of a SentencePiece ``.model`` that decide how it counts.

Read from the file itself: SentencePiece's Python package shows pieces and scores, but not what its normalizer does.
Source: google/sentencepiece, src/sentencepiece_model.proto; the wire format of Protocol Buffers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
BPE: Final = 2

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of the vocabulary; *kind* is one of the constants above."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model file.

    Attributes:
        has_charsmap: Its normalizer rewrites characters.
        add_dummy_prefix: It puts a space in front of a text.
        remove_extra_whitespaces: It makes one space of many.
        escape_whitespaces: It shows spaces as U+2581.
        whitespace_as_suffix: Its pieces carry the space behind a word.
    """

    pieces: tuple[Piece, ...]
    model_type: int
    byte_fallback: bool
    whitespace_as_suffix: bool
    has_charsmap: bool
    add_dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool


def parse(data: bytes) -> Model:
    """Read a model file.

    Raises:
        ValueError: It is none, or is cut short.
    """
    try:
        pieces: list[Piece] = []
        trainer: dict[int, int | bytes] = {}
        normalizer: dict[int, int | bytes] = {}
        for field, value in _fields(data):
            if isinstance(value, bytes):
                if field == 1:
                    pieces.append(_piece(value))
                elif field == 2:
                    trainer = dict(_fields(value))
                elif field == 3:
                    normalizer = dict(_fields(value))
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError("is no SentencePiece model, or is cut short") from error
    if not pieces:
        raise ValueError("is no SentencePiece model: it has no pieces")
    return Model(
        pieces=tuple(pieces),
        model_type=int(trainer.get(3, 1)),
        byte_fallback=bool(trainer.get(35, 0)),
        whitespace_as_suffix=bool(trainer.get(24, 0)),
        has_charsmap=bool(normalizer.get(2, b"")),
        add_dummy_prefix=bool(normalizer.get(3, 1)),
        remove_extra_whitespaces=bool(normalizer.get(4, 1)),
        escape_whitespaces=bool(normalizer.get(5, 1)),
    )


def _piece(data: bytes) -> Piece:
    fields = dict(_fields(data))
    text, score = fields.get(1, b""), fields.get(2, b"\0\0\0\0")
    assert isinstance(text, bytes)
    assert isinstance(score, bytes)
    return Piece(text=text.decode(), score=struct.unpack("<f", score)[0], kind=int(fields.get(3, NORMAL)))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield field numbers and values; 32-bit and 64-bit numbers stay bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("is no SentencePiece model")
        if at + length > len(data):
            raise ValueError("is no SentencePiece model, or is cut short")
        yield tag >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("is no SentencePiece model")
