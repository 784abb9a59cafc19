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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizer:
    """A tokenizer as its library loads it.

    Attributes:
        name: As it was given; of a path, its last part.
        sha256: Of the file as stored.
        content: The unpacked file.
        reference: Texts -> counts, by the library.
        normalize: Text -> normalized text, by the library.
    """

    name: str
    sha256: str
    content: bytes
    vocab_size: int
    reference: Callable[[list[str]], list[int]]
    normalize: Callable[[str], str]

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
        content = _unpacked(stored)
        made = _load_json(content) if _is_json(content) else _load_sentencepiece(content)
    except Exception as error:  # libraries raise what they like on a damaged file
        raise InputError(path, f"cannot be read as a tokenizer ({error})", _REMEDY) from error
    size, reference, normalize = made
    digest = hashlib.sha256(stored).hexdigest()
    return Tokenizer(
        name=name, sha256=digest, content=content, vocab_size=size, reference=reference, normalize=normalize
    )


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


_Loaded = tuple[int, Callable[[list[str]], list[int]], Callable[[str], str]]


def _load_json(content: bytes) -> _Loaded:
    # One process is one core's worth of work here: the library's own threads would fight over the others.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    library = Tokenizer.from_str(content.decode())
    library.no_truncation()
    library.no_padding()

    def count(texts: list[str]) -> list[int]:
        return [len(found.ids) for found in library.encode_batch_fast(texts, add_special_tokens=False)]

    def normalize(text: str) -> str:
        return library.normalizer.normalize_str(text) if library.normalizer else text

    return library.get_vocab_size(), count, normalize


def _load_sentencepiece(content: bytes) -> _Loaded:
    from sentencepiece import SentencePieceProcessor

    library: Any = SentencePieceProcessor()
    library.LoadFromSerializedProto(content)

    def count(texts: list[str]) -> list[int]:
        return [len(ids) for ids in library.EncodeAsIds(texts)] if texts else []

    return library.GetPieceSize(), count, str
