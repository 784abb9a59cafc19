"""Counts must equal those of the tokenizer's own library, on every document, or the library must do the counting."""

from __future__ import annotations

import bz2
import functools
import gzip
import json
import logging
import pathlib
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from redpyjama.errors import InputError
from redpyjama.kernels import bpe
from redpyjama.steps import token_counter, tokens
from redpyjama.steps.tokens import SHIPPED, STEP, TokensParams, count_tokens, counted_by, tokenizer_identity
from redpyjama.store import tokenizer_file, vocabulary

SHIPPED_FILE = pathlib.Path(tokens.__file__).parents[1] / "data" / f"{SHIPPED}.tokenizer.json"

NASTY = [
    *tokenizer_file.PROBE,
    "\n",
    "\t",
    "▁",
    " ▁ ▁▁  ▁",
    "\u00a0",
    "a" * 5000,
    "ab" * 3000,
    " " * 5000,
    "日" * 3000,
    "\u0301\u0301",
    "x\u0301" * 100,
    "0" * 1000 + "٣٤٥" + "½²" + "Ⅻ",
    "I'VE i've 'll 'l 'v 'r '",
    "a  b   c    d" + " " * 25 + "e" + " " * 49 + "f" + " " * 50,
    "  \n  x \n\n y\t \tz  ",
    "𝟘𝟙 👍🏽👍 \ud7ff\ue000\ufffd\uffff",
    "</s> <s> <unk> <|endoftext|> <|user|>hello<|end|> |||IP_ADDRESS|||",
    "<0x0A> <0xFF>",
]


def save_gpt2_like(path: pathlib.Path, *, nfc: bool = False, spaces: int = 0) -> str:
    """Train a small byte-level model of the kind that GPT-2 and GPT-NeoX are."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC() if nfc else None
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=alphabet, show_progress=False, special_tokens=special
    )
    made.train_from_iterator([*NASTY, "the theory of the thing, and then  the other"] * 3, trainer)
    made.add_tokens([AddedToken(" " * n, normalized=True) for n in range(spaces, 1, -1)])
    made.save(str(path))
    return str(path)


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("tokenizers")


@pytest.fixture(scope="session", params=["redpyjama-32k", "gpt2-like", "neox-like", "mistral", "neox"])
def spec(request: pytest.FixtureRequest, models_folder: pathlib.Path) -> str:
    if request.param == "redpyjama-32k":
        return SHIPPED
    if request.param == "gpt2-like":
        return save_gpt2_like(models_folder / "gpt2.json")
    if request.param == "neox-like":
        return save_gpt2_like(models_folder / "neox.json", nfc=True, spaces=24)
    folder: pathlib.Path = request.getfixturevalue("realdata") / "tokenizers"
    real = {"mistral": "mistral-7b-sentencepiece/tokenizer.model.v1", "neox": "gpt-neox-20b/tokenizer.json.gz"}
    return str(folder / real[request.param])


@functools.cache
def reference(spec: str) -> Callable[[list[str]], list[int]]:
    """Load the library by a way of its own."""
    path = str(SHIPPED_FILE) if spec == SHIPPED else spec
    data = pathlib.Path(path).read_bytes()
    if path.endswith(".v1"):
        pieces: Any = SentencePieceProcessor()
        pieces.LoadFromSerializedProto(data)
        return lambda texts: [len(ids) for ids in pieces.EncodeAsIds(texts)]
    library = Tokenizer.from_str((gzip.decompress(data) if path.endswith(".gz") else data).decode())
    return lambda texts: [len(library.encode(text, add_special_tokens=False).ids) for text in texts]


def reference_counts(spec: str, texts: list[str]) -> list[int]:
    return reference(spec)(texts)


def counts(spec: str, texts: list[str]) -> list[int]:
    return count_tokens(pa.array(texts, pa.string()), spec).tolist()


def test_kernels_count_every_kind_that_they_say_they_know(spec: str) -> None:
    assert counted_by(spec).startswith("kernels")


def test_hard_texts_count_as_the_library_counts_them(spec: str) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in NASTY]

    assert reference_counts(spec, texts) == counts(spec, texts)


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.text(), min_size=1, max_size=6))
@example(texts=["", " ", "\u0301"])
def test_any_text_counts_as_the_library_counts_it(spec: str, texts: list[str]) -> None:
    assert reference_counts(spec, texts) == counts(spec, texts)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="ab'sre ▁\n\t0,;É\u0301é中文한\u1112\u1161\u11ab\U0001f44d", max_size=80))
def test_text_made_of_edges_counts_as_the_library_counts_it(spec: str, text: str) -> None:
    assert reference_counts(spec, [text]) == counts(spec, [text])


def test_slices_of_a_batch_count_the_same(spec: str) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in NASTY]
    whole = pa.array(texts, pa.string())

    assert counts(spec, texts)[5:17] == count_tokens(whole.slice(5, 12), spec).tolist()


def test_the_table_of_words_is_right_when_it_overflows(spec: str) -> None:
    texts = [f"w{i} {i * 7919 % 1000003:x}" for i in range(60_000)]
    counter = token_counter.counter(spec)
    counter._local.words = bpe.new_words(bits=6)
    try:
        found = counts(spec, texts)
    finally:
        del counter._local.words
    sample = list(range(0, 60_000, 997))

    assert reference_counts(spec, [texts[i] for i in sample]) == [found[i] for i in sample]


# --- real text ----------------------------------------------------------------------------------------------------


def c4(folder: pathlib.Path) -> Iterator[str]:
    for line in gzip.open(folder / "c4/c4-realnewslike/c4-train.00000-of-00512.json.gz"):
        yield json.loads(line)["text"]


def books(folder: pathlib.Path) -> Iterator[str]:
    for name in ("gitenberg-16595", "gitenberg-44157-fr", "wagahai-ja", "gitenberg-972"):
        for path in sorted((folder / "books" / name).glob("*.tar.*")):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.name.endswith(".txt") and (file := archive.extractfile(member)):
                        yield file.read().decode("utf-8", "replace")


def papers(folder: pathlib.Path) -> Iterator[str]:
    for path in sorted((folder / "arxiv").glob("*/*.tar.gz"))[:8]:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".tex") and (file := archive.extractfile(member)):
                    yield file.read().decode("utf-8", "replace")


def wiki(folder: pathlib.Path) -> Iterator[str]:
    for path in sorted((folder / "wikipedia/dbpedia-minidumps").glob("*.bz2")):
        yield from re.split(r"(?=<page>)", bz2.open(path).read().decode("utf-8", "replace"))


def code(folder: pathlib.Path) -> Iterator[str]:
    for path in sorted(pathlib.Path(np.__file__).parent.glob("**/*.py"))[:150]:
        yield path.read_text(encoding="utf-8")
    yield gzip.open(folder / "c4/exllamav2-calibration/code.utf8.gz").read().decode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [c4, books, papers, wiki, code], ids=lambda kind: kind.__name__)
def test_real_text_counts_as_the_library_counts_it(
    spec: str, kind: Callable[[pathlib.Path], Iterator[str]], realdata: pathlib.Path
) -> None:
    texts = list(kind(realdata))
    expected, found = np.array(reference_counts(spec, texts)), np.array(counts(spec, texts))

    assert [] == np.flatnonzero(expected != found).tolist()


# --- what is not understood ---------------------------------------------------------------------------------------


def save_word_level(path: pathlib.Path) -> str:
    made = Tokenizer(models.WordLevel({"the": 0, "cat": 1, "<unk>": 2}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(path))
    return str(path)


def test_another_kind_of_model_is_counted_by_its_library_and_said_so(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = save_word_level(tmp_path / "words.json")
    with caplog.at_level(logging.WARNING):
        found = counts(path, ["the cat", "", "the dog sat"])

    assert [2, 0, 3] == found
    assert "library" in counted_by(path)
    assert "its model is WordLevel, not BPE" in caplog.text


def test_a_disagreement_with_the_library_hands_the_counting_over(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = save_gpt2_like(tmp_path / "broken.json")
    true_tables = vocabulary.from_json

    def wrong(text: str) -> vocabulary.Characters | vocabulary.Bytes:
        spec = json.loads(text)
        spec["model"]["merges"] = spec["model"]["merges"][5:]
        return true_tables(json.dumps(spec))

    monkeypatch.setattr(vocabulary, "from_json", wrong)
    with caplog.at_level(logging.WARNING):
        found = counts(path, NASTY[1:6])

    assert reference_counts(path, NASTY[1:6]) == found
    assert "the kernels disagree with it on" in caplog.text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"normalizer": {"type": "NFKC"}}, "normalizer is neither none nor NFC"),
        ({"pre_tokenizer": None}, "pre-tokenizer is not GPT-2's"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "use_regex": True}}, "not GPT-2's"),
    ],
)
def test_a_pipeline_that_differs_is_not_guessed(tmp_path: pathlib.Path, change: dict[str, Any], why: str) -> None:
    made = json.loads(pathlib.Path(save_gpt2_like(tmp_path / "made.json")).read_text())

    with pytest.raises(vocabulary.Unsupported, match=why):
        vocabulary.from_json(json.dumps(made | change))


def test_models_with_switches_of_their_own_are_not_guessed(tmp_path: pathlib.Path) -> None:
    made = json.loads(pathlib.Path(save_gpt2_like(tmp_path / "made.json")).read_text())
    made["model"]["ignore_merges"] = True

    with pytest.raises(vocabulary.Unsupported, match="ignore_merges"):
        vocabulary.from_json(json.dumps(made))


def test_a_sentencepiece_model_that_normalizes_is_counted_by_its_library(realdata: pathlib.Path) -> None:
    path = str(realdata / "tokenizers/sentencepiece-test/test_model.model")
    texts = ["I saw a girl with a telescope.", "", "  ﬁne  "]
    pieces: Any = SentencePieceProcessor()
    pieces.Load(path)

    assert [len(ids) for ids in pieces.EncodeAsIds(texts)] == counts(path, texts)
    assert "not BPE" in counted_by(path)


@pytest.mark.parametrize("scheme", ["always", "first", "never"])
@pytest.mark.parametrize("split", [True, False])
def test_metaspace_in_place_of_a_normalizer_counts_the_same(tmp_path: pathlib.Path, scheme: str, split: bool) -> None:
    made = Tokenizer.from_file(str(SHIPPED_FILE))
    made.normalizer = None
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    path = str(tmp_path / "metaspace.json")
    made.save(path)
    texts = [text.encode("utf-8", "replace").decode() for text in NASTY]

    assert counted_by(path).startswith("kernels")
    assert reference_counts(path, texts) == counts(path, texts)


# --- identity, errors, the step -----------------------------------------------------------------------------------


def test_the_shipped_tokenizer_is_what_it_says() -> None:
    identity = tokenizer_identity(SHIPPED)
    library = Tokenizer.from_file(str(SHIPPED_FILE))

    assert {"name": SHIPPED, "vocab_size": 32_000} == {k: identity[k] for k in ("name", "vocab_size")}
    assert len(identity["sha256"]) == 64
    assert SHIPPED_FILE.stat().st_size < 3_000_000
    assert ["<unk>", "<s>", "</s>", "<0x00>"] == [library.id_to_token(i) for i in range(4)]
    assert not [t for t in library.get_vocab() if sum(c.isdigit() for c in t) > 1 and not t.startswith("<")]


@pytest.mark.parametrize("text", ["def f():\n\treturn  1\n\n", "naïve 日本語 👍🏽 \x00\u0378", "  two", "x\r\n "])
def test_the_shipped_tokenizer_gives_every_byte_back(text: str) -> None:
    library = Tokenizer.from_file(str(SHIPPED_FILE))

    assert text == library.decode(library.encode(text).ids, skip_special_tokens=False)


def test_identity_names_the_file_and_never_its_place(tmp_path: pathlib.Path) -> None:
    first = save_word_level(tmp_path / "words.json")
    (tmp_path / "elsewhere").mkdir()
    second = shutil.copy(first, tmp_path / "elsewhere" / "words.json")

    assert tokenizer_identity(first) == tokenizer_identity(second)
    assert "words.json" == tokenizer_identity(first)["name"]


def test_a_name_that_is_nearly_right_is_named() -> None:
    with pytest.raises(InputError, match="does not exist; did you mean 'redpyjama-32k'"):
        tokenizer_identity("redpyjama-32")


def test_without_a_network_a_hub_id_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(tokenizer_file, "getproxies", dict)
    monkeypatch.setattr(tokenizer_file.socket, "getaddrinfo", unreachable)
    with pytest.raises(InputError, match=r"someone/model: is no file, and the hub does not give .*Name or service"):
        tokenizer_identity("someone/model")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("missing.json", None, "does not exist"),
        ("empty.json", b"", "cannot be read as a tokenizer"),
        ("broken.json", b'{"model": ', "cannot be read as a tokenizer"),
        ("noise.model", b"\x0a\xff\xff\xff\xff\x07noise", "cannot be read as a tokenizer"),
    ],
)
def test_no_tokenizer_is_one_clear_error(tmp_path: pathlib.Path, name: str, content: bytes | None, why: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(InputError, match=why) as caught:
        tokenizer_identity(str(path))
    assert "tokenizer.json or SentencePiece model" in str(caught.value)


def test_the_step_measures_what_it_promises() -> None:
    batch = pa.record_batch({"id": ["a", "b"], "text": pa.array(["hello world", ""], pa.string())})
    measured = STEP.run(batch, TokensParams())

    assert ["num_tokens"] == measured.schema.names
    assert pa.int32() == measured["num_tokens"].type
    assert reference_counts(SHIPPED, ["hello world", ""]) == measured["num_tokens"].to_pylist()
    assert 0 == STEP.run(batch.slice(0, 0), TokensParams()).num_rows
