"""Where a tokenizer comes from, and its own library, which says what it means.

A tokenizer is the shipped one, a file (`tokenizer.json` or a SentencePiece model, compressed or not), or a hub id.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from backports import zstd

from redpyjama import limits
from redpyjama.errors import InputError, nearest

SHIPPED = "redpyjama-32k"

_FILE = f"{SHIPPED}.tokenizer.json"
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_REMEDY = f"give {SHIPPED!r}, the path of a tokenizer.json or SentencePiece model, or a hub id such as OWNER/NAME"

PROBE = (
    "",
    " ",
    "The quick brown fox doesn't jump; we'll see 3.14159 of 1,000,000 foxes' tails.",
    "  two spaces,   three    four \n\n\n\ttabs\t\tand \r\n line ends \n   ",
    "def f(x):\n    if x:\n        return [i ** 2 for i in range(10)]  # squares\n\n\n" + " " * 67 + "deep\n",
    r"\begin{equation} \frac{\partial f}{\partial x_{i}} = \sum_{j=1}^{n} a_{ij}^{2} \end{equation}",
    "Größe, façade, Ελληνικά, русский текст, עברית, العربية, हिन्दी, ไทย, 日本語のテキスト、中文。 한국어 텍스트",
    "e\u0301 vs é, \u1112\u1161\u11ab, \ufb01ligature, \u212b, \u0344, क\u093c, a\u0300\u0316\u0301",
    "naïve\u00a0space\u2003em\u3000ideographic\u200bzero\ufeffbom\u2581visible\u2581\u2581",
    "emoji 👩‍👩‍👧‍👦🏽 🇺🇳 ☃️ \x00\x01\x7f\x85\u2028\u2029 \U0010fffd \u0378 𝔘𝔫𝔦 𒀀𓂀",
    "'s 't're'VE I'm they'd 'll''' \"'s\" don’t",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 20 + "=" * 300 + "-" * 77 + "ACGT" * 99,
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun",
)
"""Texts on which kernels and library must agree before the kernels may count; made to contain every hard case known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """A tokenizer as its library loads it.

    Attributes:
        name: As it was given; of a path, its last part.
        sha256: Of the file as stored.
        content: The unpacked file.
        pieces: The vocabulary's strings by number; "" where a number has none.
        special: Numbers of pieces that stand for no text: unknown, begin, end, padding.
        encode: Texts -> numbers of their pieces, by the library, without special tokens around them.
        normalize: Text -> normalized text, by the library.
    """

    name: str
    sha256: str
    content: bytes
    pieces: tuple[str, ...]
    special: tuple[int, ...]
    encode: Callable[[list[str]], list[list[int]]]
    normalize: Callable[[str], str]

    @property
    def vocab_size(self) -> int:
        """How many pieces there are."""
        return sum(piece != "" for piece in self.pieces)

    def reference(self, texts: list[str]) -> list[int]:
        """Count the tokens of texts by the library."""
        return [len(ids) for ids in self.encode(texts)]

    @property
    def is_json(self) -> bool:
        """Whether it is a `tokenizer.json`; else it is a SentencePiece model."""
        return _is_json(self.content)


@functools.lru_cache(maxsize=4)
def load(spec: str) -> Tokenizer:
    """Find a tokenizer and load it with its library.

    Args:
        spec: As `redpyjama.steps.tokens.TokensParams.tokenizer`.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    name, path = _locate(spec)
    try:
        with open(path, "rb") as file:
            stored = file.read(limits.MAX_RECORD_BYTES + 1)
        return from_bytes(stored, name)
    except Exception as error:  # libraries raise what they like on a damaged file
        raise InputError(path, f"cannot be read as a tokenizer ({error})", _REMEDY) from error


def from_bytes(stored: bytes, name: str) -> Tokenizer:
    """Load a tokenizer from the bytes of its file; raises what its library raises."""
    content = _unpacked(stored)
    made = _load_json(content) if _is_json(content) else _load_sentencepiece(content)
    return Tokenizer(name=name, sha256=hashlib.sha256(stored).hexdigest(), content=content, **made)


def _locate(spec: str) -> tuple[str, str]:
    """Return the name and the path of a tokenizer's file."""
    if spec == SHIPPED:
        return SHIPPED, str(resources.files("redpyjama") / "data" / _FILE)
    if os.path.isfile(spec):
        return os.path.basename(spec), spec
    if os.path.isdir(spec) and os.path.isfile(inside := os.path.join(spec, "tokenizer.json")):
        return os.path.basename(os.path.abspath(spec)), inside
    if not _HUB_ID.fullmatch(spec) or spec.endswith((".json", ".model")):
        raise InputError(spec, f"does not exist{nearest(spec, [SHIPPED])}", _REMEDY)
    return spec, _from_hub(spec)


def _from_hub(spec: str) -> str:
    """Return where the hub's tokenizer lies on this machine; what was fetched once is never asked for again."""
    from huggingface_hub import constants, hf_hub_download  # half a second; only who names a hub id pays it
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        try:
            return hf_hub_download(spec, "tokenizer.json", local_files_only=True)
        except LocalEntryNotFoundError:
            if not getproxies():  # the hub's client would try for half a minute; a proxy resolves names itself
                socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
            return hf_hub_download(spec, "tokenizer.json")
    except Exception as error:  # the client raises what its network libraries raise
        what = f"is no file, and the hub does not give its tokenizer.json ({type(error).__name__}: {error})"
        raise InputError(spec, what.split("\n")[0], _REMEDY) from error


def _unpacked(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return zstd.ZstdDecompressor().decompress(data, max_length=limits.MAX_RECORD_BYTES)
    return data


def _is_json(content: bytes) -> bool:
    return content[:64].lstrip().startswith(b"{")


def _load_json(content: bytes) -> dict[str, Any]:
    # One process is one core's worth of work here: the library's own threads would fight over the others.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    library = Tokenizer.from_str(content.decode())
    library.no_truncation()
    library.no_padding()

    def encode(texts: list[str]) -> list[list[int]]:
        return [found.ids for found in library.encode_batch_fast(texts, add_special_tokens=False)]

    def normalize(text: str) -> str:
        return library.normalizer.normalize_str(text) if library.normalizer else text

    numbers = library.get_vocab()
    pieces = [""] * (max(numbers.values(), default=-1) + 1)
    for piece, number in numbers.items():
        pieces[number] = piece
    special = {number for number, token in library.get_added_tokens_decoder().items() if token.special}
    unknown = getattr(library.model, "unk_token", None)
    special |= {numbers[unknown]} if unknown in numbers else set()
    return {"pieces": tuple(pieces), "special": tuple(sorted(special)), "encode": encode, "normalize": normalize}


def _load_sentencepiece(content: bytes) -> dict[str, Any]:
    from sentencepiece import SentencePieceProcessor

    library: Any = SentencePieceProcessor()
    library.LoadFromSerializedProto(content)

    def encode(texts: list[str]) -> list[list[int]]:
        return library.EncodeAsIds(texts) if texts else []

    size: int = library.GetPieceSize()
    pieces = tuple(library.IdToPiece(i) for i in range(size))
    special = tuple(i for i in range(size) if library.IsUnknown(i) or library.IsControl(i) or library.IsUnused(i))
    return {"pieces": pieces, "special": special, "encode": encode, "normalize": str}
