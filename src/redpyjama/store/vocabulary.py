"""From a tokenizer's file to the tables of `redpyjama.kernels.bpe`, or to the reason why they cannot stand for it.

Two kinds of pipelines are understood whole, which covers LLaMA, Mistral and our own on one side, and GPT-2, GPT-NeoX,
Pythia and OLMo on the other:

* characters: spaces made visible, one put in front, no pattern, byte fallback;
* bytes: GPT-2's pattern with or without NFC before it, and tokens for runs of spaces.

Whatever is not known to be the same is `Unsupported`: a library counts it then.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import bpe, token_counts
from redpyjama.store import sentencepiece_file

_BLANK = "▁"
_END = 0x110000
_NEVER_IN_UTF8 = {0xC0, 0xC1, *range(0xF5, 0x100)}
_LAST_ASSIGNED = 0x32400  # beyond it Unicode has no letters yet


class Unsupported(ValueError):
    """The kernels do not do what this tokenizer does; the message says what that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """A model of characters; see `token_counts.count_characters`.

    Attributes:
        bytes_of: The numbers of the tokens of the 256 bytes; what has no symbol becomes these.
        reserved: Strings that are tokens wherever a text spells them out.
    """

    prefix: int
    model: tuple[Any, ...]
    bytes_of: NDArray[np.int32]
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A model of bytes; see `token_counts.count_bytes`.

    Attributes:
        longest_run: The longest run of spaces that is a token taken out before all else, or 0.
        watch: Character -> `token_counts.ACTIVE` where normalizing may change a text with it, `token_counts.RESERVED`
            where its class may differ between Unicode versions, so that a library must count the text.
        reserved: Strings that are tokens wherever a text spells them out.
    """

    longest_run: int
    model: tuple[Any, ...]
    watch: NDArray[np.uint8]
    reserved: tuple[str, ...] = ()


def from_json(text: str) -> Characters | Bytes:
    """Read a ``tokenizer.json``.

    Raises:
        Unsupported: Some part of it is none that the kernels know.
    """
    spec: dict[str, Any] = msgspec.json.decode(text)
    model = spec["model"]
    if model.get("type", "BPE") != "BPE" or "merges" not in model:
        raise Unsupported(f"its model is {model.get('type')}, not BPE")
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"):
        if model.get(key):
            raise Unsupported(f"its model has {key}")
    added: list[dict[str, Any]] = spec.get("added_tokens") or []
    for token in added:
        if any(token.get(key) for key in ("lstrip", "rstrip", "single_word")):
            raise Unsupported(f"its token {token['content']!r} takes in what is beside it")
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ", 1)) for m in model["merges"]]
    if model.get("byte_fallback"):
        return _characters(spec, model["vocab"], merges, added)
    return _bytes(spec, model["vocab"], merges, added)


def from_sentencepiece(data: bytes) -> Characters:
    """Read a SentencePiece ``.model``.

    Raises:
        Unsupported: It is no BPE model that leaves text as it is.
    """
    made = sentencepiece_file.parse(data)
    if made.model_type != sentencepiece_file.BPE:
        raise Unsupported("its model is not BPE")
    if made.has_charsmap or made.remove_extra_whitespaces or not made.escape_whitespaces:
        raise Unsupported("it normalizes text")
    if not made.byte_fallback or made.whitespace_as_suffix:
        raise Unsupported("it has no byte fallback, or puts spaces behind words")
    kinds = Counter(piece.kind for piece in made.pieces)
    if kinds[sentencepiece_file.USER_DEFINED] or kinds[sentencepiece_file.UNUSED]:
        raise Unsupported("it has user-defined or unused pieces")
    scores = {piece.text: piece.score for piece in made.pieces if piece.kind == sentencepiece_file.NORMAL}
    if missing := sorted({c for piece in scores for c in piece if c not in scores}):
        raise Unsupported(f"its pieces hold characters that are no pieces, as {missing[0]!r}")
    # Equal scores are equal ranks: among them the leftmost pair merges first.
    rank_of = {score: rank for rank, score in enumerate(sorted(set(scores.values()), reverse=True))}
    symbols = {piece.text: i for i, piece in enumerate(made.pieces) if piece.kind == sentencepiece_file.NORMAL}
    numbers = {piece.text: i for i, piece in enumerate(made.pieces) if piece.kind == sentencepiece_file.BYTE}
    pairs = [
        (symbols[piece[:i]], symbols[piece[i:]], rank_of[score], symbols[piece])
        for piece, score in scores.items()
        for i in range(1, len(piece))
        if piece[:i] in symbols and piece[i:] in symbols
    ]
    prefix = token_counts.PREFIX_ALWAYS if made.add_dummy_prefix else token_counts.PREFIX_NEVER
    return Characters(prefix=prefix, model=_character_model(symbols, pairs, scores), bytes_of=_byte_numbers(numbers))


def _characters(
    spec: Mapping[str, Any],
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, ...]],
    added: Sequence[Mapping[str, Any]],
) -> Characters:
    prefix, split = _visible_spaces(spec)
    pairs = _ranked(vocabulary, merges)
    held = [left + right for left, right in merges]
    return Characters(
        prefix=prefix,
        model=_character_model(vocabulary, pairs, held, split_at_spaces=split),
        bytes_of=_byte_numbers(vocabulary),
        reserved=_strings(added),
    )


def _visible_spaces(spec: Mapping[str, Any]) -> tuple[int, bool]:
    """Return the prefix rule, and whether every space begins a piece of its own."""
    normalizer, splitter = spec.get("normalizer"), spec.get("pre_tokenizer")
    if splitter is None and normalizer is not None:
        parts = normalizer.get("normalizers", [normalizer])
        replace = {"type": "Replace", "pattern": {"String": " "}, "content": _BLANK}
        if parts == [{"type": "Prepend", "prepend": _BLANK}, replace]:
            return token_counts.PREFIX_ALWAYS, False
        if parts == [replace]:
            return token_counts.PREFIX_NEVER, False
    if normalizer is None and splitter is not None and splitter.get("type") == "Metaspace":
        scheme = splitter.get("prepend_scheme", "always")
        if splitter.get("replacement") == _BLANK and scheme in ("always", "first", "never"):
            prefix = token_counts.PREFIX_NEVER if scheme == "never" else token_counts.PREFIX_UNLESS_SPACE
            return prefix, bool(splitter.get("split", True))
    raise Unsupported("its normalizer and pre-tokenizer are not those of LLaMA")


def _byte_numbers(numbers: Mapping[str, int]) -> NDArray[np.int32]:
    try:
        return np.array([numbers[f"<0x{byte:02X}>"] for byte in range(256)], np.int32)
    except KeyError as error:
        raise Unsupported(f"it lacks the byte {error.args[0]}") from error


def _strings(added: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(token["content"] for token in added if token["content"])


def _ranked(vocabulary: Mapping[str, int], merges: Sequence[tuple[str, ...]]) -> list[tuple[int, int, int, int]]:
    try:
        return [(vocabulary[a], vocabulary[b], rank, vocabulary[a + b]) for rank, (a, b) in enumerate(merges)]
    except KeyError as error:
        raise Unsupported(f"it merges to {error.args[0]!r}, which it does not have") from error


def _character_model(
    symbols: Mapping[str, int],
    pairs: Sequence[tuple[int, int, int, int]],
    held: Iterable[str],
    *,
    split_at_spaces: bool = False,
) -> tuple[Any, ...]:
    ids = np.full(_END, -1, np.int32)
    for piece, symbol in symbols.items():
        if len(piece) == 1:
            ids[ord(piece)] = symbol
    ids[ord(" ")] = ids[ord(_BLANK)]
    if ids[ord(_BLANK)] < 0:
        raise Unsupported("it has no symbol for a space")
    neighbours = {(piece[i], piece[i + 1]) for piece in held for i in range(len(piece) - 1)}
    if split_at_spaces:
        neighbours = {(a, b) for a, b in neighbours if b != _BLANK}
    ascii_joins, joins = np.zeros(128 * 128, np.uint8), np.zeros(1 << 14, np.uint64)
    for left, right in neighbours:
        for a in (left, " ") if left == _BLANK else (left,):
            for b in (right, " ") if right == _BLANK else (right,):
                if ord(a) < 128 and ord(b) < 128:
                    ascii_joins[ord(a) << 7 | ord(b)] = 1
                bit = int(bpe.bigram_bit(ord(a), ord(b))) % (joins.size * 64)
                joins[bit >> 6] |= np.uint64(1 << (bit & 63))
    return (ids, ascii_joins, joins, *_hashed(pairs))


def _hashed(pairs: Sequence[tuple[int, int, int, int]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Put the merges in a hash table that is at most half full."""
    size = 1 << max(4, (2 * len(pairs)).bit_length())
    keys, values = np.full(size, bpe.EMPTY, np.uint64), np.full(size, bpe.NO_PAIR, np.int64)
    if pairs:
        left, right, rank, result = np.array(pairs, np.int64).T
        bpe.fill_merges((left << 32 | right).astype(np.uint64), rank << 32 | result, keys, values)
    return keys, values


def _bytes(
    spec: Mapping[str, Any],
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, ...]],
    added: Sequence[Mapping[str, Any]],
) -> Bytes:
    normalizer, splitter = spec.get("normalizer"), spec.get("pre_tokenizer") or {}
    if normalizer not in (None, {"type": "NFC"}):
        raise Unsupported("its normalizer is neither none nor NFC")
    if splitter.get("type") != "ByteLevel" or splitter.get("add_prefix_space") or not splitter.get("use_regex", True):
        raise Unsupported("its pre-tokenizer is not GPT-2's without a space in front")
    letters = byte_letters()
    if any(letter not in vocabulary for byte, letter in enumerate(letters) if byte not in _NEVER_IN_UTF8):
        raise Unsupported("it lacks bytes")
    ids = np.array([vocabulary.get(letter, -1) for letter in letters], np.int32)
    runs = [token for token in added if not token["content"].strip(" ")]
    lengths = sorted(len(token["content"]) for token in runs)
    if lengths != list(range(2, len(lengths) + 2)) or any(not t.get("normalized", True) for t in runs):
        raise Unsupported("its tokens for spaces are not all runs from 2 to the longest")
    classes, unknown = _classes()
    return Bytes(
        longest_run=lengths[-1] if lengths else 0,
        model=(ids, classes, *_hashed(_ranked(vocabulary, merges))),
        watch=unknown | _unstable() if normalizer else unknown,
        reserved=_strings([token for token in added if token["content"].strip(" ")]),
    )


def byte_letters() -> list[str]:
    """Return the letter that stands for each byte in a byte-level vocabulary.

    Source: openai/gpt-2, encoder.py: printable Latin-1 for itself, the others from U+0100 on, in order.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(0x100 + others.index(byte)) for byte in range(256)]


def _classes() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the class of every character in GPT-2's pattern, and which are not assigned in this Python's Unicode."""
    classes, unknown = np.zeros(_END, np.uint8), np.zeros(_END, np.uint8)
    unknown[_LAST_ASSIGNED:] = 1
    kinds = {"L": token_counts.LETTER, "N": token_counts.NUMBER, "Z": token_counts.SPACE}
    for character in range(_LAST_ASSIGNED):
        category = unicodedata.category(chr(character))
        classes[character] = kinds.get(category[0], 0)
        unknown[character] = token_counts.RESERVED * (category == "Cn")
    for space in "\t\n\v\f\r\x85":
        classes[ord(space)] = token_counts.SPACE
    return classes, unknown


def _unstable() -> NDArray[np.uint8]:
    """Return which characters NFC may change, alone or beside another.

    Source: UAX #15: a text whose characters all have NFC_Quick_Check=Yes and combining class 0 is in NFC.
    """
    active = np.full(_END, token_counts.ACTIVE, np.uint8)
    follows = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # jamo that compose with what is before them
    for character in range(_LAST_ASSIGNED):
        parts = unicodedata.decomposition(chr(character)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            follows.add(int(parts[1], 16))
    for character in range(_LAST_ASSIGNED):
        text = chr(character)
        if unicodedata.category(text) in ("Cn", "Cs") or unicodedata.combining(text) or character in follows:
            continue
        active[character] = token_counts.ACTIVE * (unicodedata.normalize("NFC", text) != text)
    return active
