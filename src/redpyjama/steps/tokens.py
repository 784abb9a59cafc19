"""The step "tokens": how many tokens a document has, exactly as the tokenizer's own library would count them.

The kernels of `redpyjama.kernels.bpe` count where they understand the tokenizer; on loading, they must agree with the
library on a text made to trip them. Where they do not, or do not understand it, the library counts everything, slowly,
and a warning says so. Documents that spell out a reserved token always go to the library.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np
import pyarrow as pa
from backports import zstd
from numpy.typing import NDArray

from redpyjama import limits
from redpyjama.errors import InputError, nearest
from redpyjama.kernels import bpe, token_counts
from redpyjama.kernels.arrow import buffers
from redpyjama.stage import Signal, Step
from redpyjama.steps import vocabulary

SHIPPED = "redpyjama-32k"

_FILE = f"{SHIPPED}.tokenizer.json"
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_REMEDY = f"give {SHIPPED!r}, the path of a tokenizer.json or SentencePiece model, or a hub id such as OWNER/NAME"
_LIBRARY_DOCUMENTS = 64  # handed to a library at once: it holds every token of all of them
_log = logging.getLogger(__name__)

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
class TokensParams:
    """Parameters of the step.

    Attributes:
        tokenizer: "redpyjama-32k" (shipped), the path of a ``tokenizer.json`` or SentencePiece model, or a hub id.
    """

    tokenizer: str = SHIPPED


def tokenizer_identity(spec: str) -> dict[str, Any]:
    """Return what artefacts say about a tokenizer: {"name", "sha256" of its file, "vocab_size"}.

    The name is the one that was given; of a path, its last part.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    source = _load(spec)
    return {"name": source.name, "sha256": source.sha256, "vocab_size": source.vocab_size}


def counted_by(spec: str) -> str:
    """Say in words what counts the tokens, and if it is not the kernels, why.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    return _counter(spec).counted_by


def count_tokens(texts: pa.StringArray, spec: str = SHIPPED) -> NDArray[np.int32]:
    """Count the tokens of N texts, without special tokens around them.

    Args:
        texts: N texts, none of them null.
        spec: As `TokensParams.tokenizer`.

    Raises:
        InputError: There is no such tokenizer, or it cannot be read.
    """
    return _counter(spec).count(texts)


def run(batch: pa.RecordBatch, params: TokensParams) -> pa.RecordBatch:
    """Measure `num_tokens`; see `redpyjama.stage.Step.run`."""
    counts = count_tokens(batch["text"], params.tokenizer)
    return pa.RecordBatch.from_arrays([pa.array(counts)], names=["num_tokens"])


STEP = Step(
    name="tokens",
    version=1,
    params=TokensParams,
    run=run,
    signals={
        "num_tokens": Signal(
            "int32",
            "Tokens of the text by the recipe's tokenizer, without special tokens around it; at least 0",
            "the tokenizer's own library (Hugging Face tokenizers or SentencePiece), whose count it equals",
        )
    },
)


# --- the file and its library -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A tokenizer as its library loads it.

    Attributes:
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
        return _is_json(self.content)


@functools.lru_cache(maxsize=4)
def _load(spec: str) -> _Source:
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
    return _Source(name=name, sha256=digest, content=content, vocab_size=size, reference=reference, normalize=normalize)


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


# --- counting -----------------------------------------------------------------------------------------------------


class _Counter:
    """Counts by kernel where that is exact, by the library elsewhere."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.tables: vocabulary.Characters | vocabulary.Bytes | None = None
        self.counted_by = "kernels of redpyjama, checked against the tokenizer's own library"
        self._local = threading.local()  # a table of words belongs to one thread
        try:
            self.tables = _tables(source)
            if (text := self._disagreement()) is not None:
                raise vocabulary.Unsupported(f"the kernels disagree with it on {text!r}")
        except vocabulary.Unsupported as error:
            self.tables = None
            self.counted_by = f"the tokenizer's own library, more slowly, because {error}"
            _log.warning("tokens of %s are counted by %s", source.name, self.counted_by)

    def _disagreement(self) -> str | None:
        mine, reference = self.count(pa.array(PROBE, pa.string())), self.source.reference(list(PROBE))
        return next((text for text, a, b in zip(PROBE, mine, reference, strict=True) if a != b), None)

    def count(self, texts: pa.StringArray) -> NDArray[np.int32]:
        if self.tables is None:
            return self._by_library(texts)
        flags = self._scan(texts)
        counts = self._by_kernel(texts)
        if not flags.any():
            return counts
        active = np.flatnonzero(flags == token_counts.ACTIVE)
        if active.size:
            normal = pa.array([self.source.normalize(t.as_py()) for t in texts.take(pa.array(active))], pa.string())
            counts[active] = self._by_kernel(normal)
            flags[active] = self._scan(normal)
        reserved = np.flatnonzero(flags & token_counts.RESERVED)
        if reserved.size:
            counts[reserved] = self._by_library(texts.take(pa.array(reserved)))
        return counts

    def _scan(self, texts: pa.StringArray) -> NDArray[np.uint8]:
        assert self.tables is not None
        watch = self.tables.watch if isinstance(self.tables, vocabulary.Bytes) else np.zeros(0, np.uint8)
        flags = np.zeros(len(texts), np.uint8)
        if watch.size or self.tables.reserved:
            reserved = buffers(pa.array(self.tables.reserved, pa.string()))
            token_counts.scan(*buffers(texts), watch, *reserved, flags)
        return flags

    def _by_kernel(self, texts: pa.StringArray) -> NDArray[np.int32]:
        assert self.tables is not None
        if not hasattr(self._local, "words"):
            self._local.words = bpe.new_words()
        counts = np.zeros(len(texts), np.int32)
        offsets, data = buffers(texts)
        words = self._local.words
        if isinstance(self.tables, vocabulary.Characters):
            token_counts.count_characters(offsets, data, self.tables.prefix, self.tables.model, words, counts)
        else:
            token_counts.count_bytes(offsets, data, self.tables.longest_run, self.tables.model, words, counts)
        return counts

    def _by_library(self, texts: pa.StringArray) -> NDArray[np.int32]:
        counts = np.zeros(len(texts), np.int32)
        for start in range(0, len(texts), _LIBRARY_DOCUMENTS):
            some: Sequence[str] = texts.slice(start, _LIBRARY_DOCUMENTS).to_pylist()
            counts[start : start + len(some)] = self.source.reference(list(some))
        return counts


def _tables(source: _Source) -> vocabulary.Characters | vocabulary.Bytes:
    if source.is_json:
        return vocabulary.from_json(source.content.decode())
    return vocabulary.from_sentencepiece(source.content)


@functools.lru_cache(maxsize=4)
def _counter(spec: str) -> _Counter:
    return _Counter(_load(spec))
