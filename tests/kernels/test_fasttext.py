"""Our fastText says what fastText's own code says, on models of every kind; damaged files are refused and located."""

from __future__ import annotations

import concurrent.futures
import functools
import pathlib
import struct
import tempfile

import fasttext as library
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.errors import InputError
from redpyjama.kernels import fasttext_words
from redpyjama.store import fasttext_file
from tests.kernels.fasttext_models import LABELS, WORDS, Spec, model_bytes, write
from tests.strategies import texts_of

SPECS = {
    "softmax": Spec(),
    "hierarchical": Spec(loss="hs"),
    "negative sampling": Spec(loss="ns"),
    "one against all": Spec(loss="ova"),
    "sixteen columns": Spec(dim=16, loss="hs", word_grams=2),
    "forty columns": Spec(dim=40, max_chars=3),
    "words only": Spec(max_chars=0, buckets=0),
    "one to six characters": Spec(min_chars=1, max_chars=6, buckets=1000),
    "pairs and triples of words": Spec(word_grams=3, max_chars=0),
    "all n-grams": Spec(word_grams=5, min_chars=3, max_chars=6, loss="hs"),
    "format 11": Spec(version=11, word_grams=2),
    "quantised": Spec(quantised=True),
    "quantised with norms": Spec(quantised=True, norms=True, loss="hs"),
    "quantised output": Spec(quantised=True, norms=True, quantised_output=True, loss="hs"),
    "quantised in uneven parts": Spec(quantised=True, quantised_output=True, dim=7, width=3),
    "pruned": Spec(quantised=True, norms=True, kept=15, loss="hs", word_grams=2),
    "pruned of all n-grams": Spec(quantised=True, kept=0, word_grams=2),
    "one label": Spec(labels=LABELS[:1], loss="hs"),
    "no words": Spec(words=()),
    "no end of line": Spec(words=WORDS[1:], word_grams=2),
    "knows nothing": Spec(words=WORDS[1:], max_chars=0, buckets=0),
}

texts = texts_of(*WORDS, *LABELS, " ", "  ", "__label__none", "__label__", "foxes the", "ab" * 40, "<", ">")


@functools.cache
def both(name: str) -> tuple[fasttext_file.Model, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = write(pathlib.Path(folder), SPECS[name])
        return fasttext_file.load(path), library.load_model(path)


def check_same(model: fasttext_file.Model, reference: object, strings: list[str], *, k: int) -> None:
    labels, scores = fasttext_file.predict(model, pa.array(strings, pa.string()), k=k)
    for text, ours, ours_scores in zip(strings, labels, scores, strict=True):
        names, expected = reference.predict(text.replace("\n", " "), k=k)
        _, more = reference.predict(text.replace("\n", " "), k=k + 1)
        assert len(names) == np.count_nonzero(ours >= 0)
        assert ours_scores[: len(names)] == pytest.approx(expected, abs=1e-6)
        assert not ours_scores[len(names) :].any()
        # Two equals may be parted by the cut after the k-th label, too.
        equals = {float(score) for score in expected if np.count_nonzero(np.array(more) == score) > 1}
        for label, name, score in zip(ours, names, expected, strict=False):
            assert (k > 1 and score in equals) or model.labels[label] == name  # the library's order of equals is chance


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=60)
@given(strings=st.lists(texts, min_size=1, max_size=8), k=st.sampled_from([1, 1, 2, 5, 9]))
def test_the_same_labels_and_scores_as_the_library(name: str, strings: list[str], k: int) -> None:
    check_same(*both(name), strings, k=k)


def test_weights_left_quantised_give_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(fasttext_file, "_MAX_DENSE_BYTES", 0)
    for name in ("quantised", "quantised with norms", "quantised in uneven parts", "pruned"):
        model = fasttext_file.load(write(tmp_path, SPECS[name]))

        assert not model.tables[3][0].size
        check_same(model, both(name)[1], ["the fox", "über alles 日本", "x" * 200, ""], k=2)


def test_words_forgotten_are_learnt_again(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    small = functools.partial(fasttext_words.new_seen, 4)
    monkeypatch.setattr(fasttext_words, "new_seen", small)
    model = fasttext_file.load(write(tmp_path, SPECS["all n-grams"]))
    strings = [" ".join(f"word{i * j}{'y' * (j % 40)}" for j in range(300)) for i in range(20)]

    check_same(model, both("all n-grams")[1], strings, k=2)
    _, rows, _, used = model.seen()
    assert used[0] < rows.size < sum(len(text) for text in strings)


def test_texts_longer_than_any_buffer() -> None:
    strings = ["é" * 30_000, "the fox " * 20_000, "ab\u3000" * 9_000 + "</s> fox", "</s>" * 5_000]
    for name in ("all n-grams", "pruned", "one to six characters", "pairs and triples of words"):
        check_same(*both(name), strings, k=1)


def test_slices_of_columns_and_no_texts_at_all() -> None:
    model, reference = both("softmax")
    column = pa.array(["the", "fox", "da", "日本"])

    labels, scores = fasttext_file.predict(model, column.slice(2, 1))
    assert ([model.labels[labels[0, 0]]], [pytest.approx(scores[0, 0])]) == tuple(map(list, reference.predict("da")))
    assert [found.shape for found in fasttext_file.predict(model, pa.array([], pa.string()), k=3)] == [(0, 3)] * 2


def test_newlines_are_blanks() -> None:
    model, _ = both("pairs and triples of words")
    one, other = (fasttext_file.predict(model, pa.array([text]), k=3) for text in ("the\nfox\n\nda", "the fox da"))

    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])


def test_threads_share_a_model() -> None:
    model, _ = both("all n-grams")
    column = pa.array([f"the fox {i} été {i * i}" for i in range(2_000)])
    alone = fasttext_file.predict(model, column, k=2)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for labels, scores in pool.map(lambda _: fasttext_file.predict(model, column, k=2), range(8)):
            assert np.array_equal(labels, alone[0])
            assert np.array_equal(scores, alone[1])


def test_labels_are_those_of_the_file() -> None:
    assert both("softmax")[0].labels == LABELS


def test_no_labels_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="0 labels"):
        fasttext_file.predict(both("softmax")[0], pa.array(["a"]), k=0)


def load_bytes(folder: pathlib.Path, data: bytes) -> fasttext_file.Model:
    path = folder / "damaged.bin"
    path.unlink(missing_ok=True)  # the file before may be mapped still
    path.write_bytes(data)
    return fasttext_file.load(path)


@pytest.mark.parametrize("name", ["pruned", "softmax", "quantised output"])
def test_every_cut_short_file_is_refused(name: str, tmp_path: pathlib.Path) -> None:
    data = model_bytes(SPECS[name])
    load_bytes(tmp_path, data)

    for size in {*range(min(len(data), 700)), *range(0, len(data), 97), len(data) - 1}:
        with pytest.raises(InputError, match=rf"damaged.bin: .*\(byte \d+ of {size}\)"):
            load_bytes(tmp_path, data[:size])


@pytest.mark.parametrize("name", ["pruned", "softmax", "quantised output", "hierarchical"])
@settings(max_examples=150)
@given(where=st.floats(0, 1), early=st.booleans(), put=st.binary(min_size=1, max_size=8))
def test_damaged_files_are_refused_or_harmless(name: str, where: float, early: bool, put: bytes) -> None:
    data = bytearray(model_bytes(SPECS[name]))
    at = int(where * (min(len(data), 600) if early else len(data) - 8))
    data[at : at + len(put)] = put
    with tempfile.TemporaryDirectory() as folder:
        try:
            model = load_bytes(pathlib.Path(folder), bytes(data))
            labels, _ = fasttext_file.predict(model, pa.array(["the fox été naïve", "日本" * 50, ""]), k=3)
        except ValueError:  # an InputError is one
            return
    assert labels.min() >= -1
    assert labels.max() < len(model.labels)


SETTING = {"dim": 8, "word_grams": 28, "loss": 32, "model": 36, "buckets": 40, "max_chars": 48}


@pytest.mark.parametrize(
    ("at", "value", "problem"),
    [
        (0, 1, r"is no fastText model \(byte 0 "),
        (4, 13, r"has format 13, .* \(byte 4 "),
        (SETTING["dim"], 1 << 30, "has vectors of 1073741824 numbers"),
        (SETTING["dim"], 7, "the input matrix has 51 rows of 6 and not 7"),
        (SETTING["loss"], 9, "has the unknown loss 9"),
        (SETTING["model"], 2, r"holds word vectors \(model 2\)"),
        (SETTING["buckets"], 0, "has n-grams and 0 buckets"),
        (SETTING["buckets"], 41, "has 51 rows and needs 52"),
        (SETTING["max_chars"], 65, "has n-grams of 65"),
        (64, 17, "has 17 entries, of them 11 words and 5 labels"),
        (80, 0, None),  # the number of words read in training: nobody needs it
        (88, 5, "has no room for 25769803775 n-grams"),
    ],
)
def test_what_is_wrong_is_said(at: int, value: int, problem: str | None, tmp_path: pathlib.Path) -> None:
    data = bytearray(model_bytes(SPECS["softmax"]))
    data[at : at + 4] = struct.pack("<i", value)
    if problem is None:
        load_bytes(tmp_path, bytes(data))
        return
    with pytest.raises(InputError, match=problem):
        load_bytes(tmp_path, bytes(data))


def test_weights_that_are_no_numbers_are_reported(tmp_path: pathlib.Path) -> None:
    for name in ("softmax", "hierarchical"):
        data = model_bytes(SPECS[name])
        model = load_bytes(tmp_path, data[:-120] + struct.pack("<f", float("nan")) * 30)

        with pytest.raises(ValueError, match=r"no numbers: text [01] of 2"):
            fasttext_file.predict(model, pa.array(["", "the fox"]))


@pytest.mark.parametrize("problem", ["missing", "a folder", "empty"])
def test_what_cannot_be_read_is_an_input_error(problem: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.bin"
    if problem == "a folder":
        path.mkdir()
    elif problem == "empty":
        path.touch()

    with pytest.raises(InputError, match=r"model\.bin: (cannot be read|is cut short)"):
        fasttext_file.load(path)
