"""The step measures what CCNet measures, with a model that any number of shards, in any order, make the same."""

from __future__ import annotations

import json
import logging
import os
import pathlib
import pickle
import random
import subprocess
import sys
from importlib import resources

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from tokenizers import Tokenizer, models, pre_tokenizers

from redpyjama.errors import InputError, TooLittleText, UsageError
from redpyjama.lm import arpa, perplexity_step
from redpyjama.lm.perplexity_step import STEP, PerplexityParams
from redpyjama.lm.trainers import TRAINERS
from redpyjama.lm.trainers import PerplexityParams as TrainerParams
from redpyjama.store import tokenizer_file
from tests.kernels.test_ccnet_text import has_marks_that_stay, twin
from tests.lm.models import arpa_values, babble, sentence_score, trained
from tests.steps.batches import batch_of, check_declared
from tests.strategies import texts_of

TRAINER = TRAINERS["perplexity"]
texts = texts_of("the ", "of", "\n", " ", "and to", "Σ", "1", "\x00", "é", "—", "ﬁ", "日本", "</s>", "\r\n")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return trained(tmp_path_factory.mktemp("model"), [babble(400, 1), ["Die Katze saß auf der Matte."]])


@pytest.fixture(scope="module")
def values(model: pathlib.Path) -> dict[tuple[str, ...], tuple[float, float]]:
    arpa.write(str(model), str(model.with_suffix(".arpa")))
    return arpa_values(model.with_suffix(".arpa"))


def measured(some: list[str], languages: list[str | None] | None = None, **params: object) -> list[dict]:
    batch = batch_of(some)
    if languages:
        batch = batch.append_column("language", pa.array(languages, pa.string()))
    rows = STEP.run(batch, PerplexityParams(**params))
    if params.get("model") and all(twin(line) for line in some):
        check_declared(STEP, rows, len(some))
    return rows.to_pylist()


def expected(text: str, values: dict[tuple[str, ...], tuple[float, float]], *, faithful: bool) -> float | None:
    library = tokenizer_file.load(tokenizer_file.SHIPPED)
    total, count = 0.0, 0
    for line in [text] if faithful else text.split("\n"):
        if not (normal := twin(line)):
            continue
        words = [library.pieces[i] for i in library.encode([normal])[0]]
        total += sentence_score(values, words)
        count += len(words) + 1
    return 10 ** (-total / count) if count else None


@pytest.mark.parametrize("faithful", [False, True])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts)
@example("the of\nand to in a\n\nis that")
@example("")
def test_perplexity_is_that_of_plain_python(
    model: pathlib.Path, values: dict[tuple[str, ...], tuple[float, float]], faithful: bool, text: str
) -> None:
    if has_marks_that_stay(text) or "</s>" in text.lower():
        return
    (row,) = measured([text], model=str(model), faithful=faithful)
    should = expected(text, values, faithful=faithful)

    if should is None:
        assert row["ccnet_perplexity"] is None
    else:
        assert row["ccnet_perplexity"] == pytest.approx(should, rel=1e-4, abs=0.051 if faithful else 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts, texts)
def test_a_document_is_measured_alike_alone_and_in_company(model: pathlib.Path, first: str, second: str) -> None:
    together = measured([first, "", second], model=str(model))

    assert [together[0], together[2]] == measured([first], model=str(model)) + measured([second], model=str(model))


def test_a_long_document_is_measured_as_its_parts(model: pathlib.Path) -> None:
    lines = babble(3000, 7)
    scores, counts = perplexity_step.scored(pa.array(["\n".join(lines), *lines], pa.string()), str(model), whole=False)

    assert counts[0] == counts[1:].sum()
    assert scores[0] == pytest.approx(scores[1:].sum())


def test_text_like_the_training_is_foreseen_better(model: pathlib.Path) -> None:
    like, other = measured(["the of and to in a is that", "zyx wvu tsr qpo"], model=str(model))

    assert like["ccnet_perplexity"] < other["ccnet_perplexity"] / 10


def test_lines_and_characters_are_counted() -> None:
    found = measured(["", "é", "a\nb", "a\n"])

    assert [(row["ccnet_length"], row["ccnet_nlines"]) for row in found] == [(0, 0), (1, 1), (3, 2), (2, 2)]


def test_buckets_are_by_the_cutoffs_of_the_language(model: pathlib.Path) -> None:
    text = "the of and to in a is that"
    value = measured([text], model=str(model))[0]["ccnet_perplexity"]
    cutoffs = {"en": (value + 1, value + 2), "de": (value, value + 1), "fr": (1.0, value), "any": (0.0, 1e9)}
    found = measured([text] * 5 + [""], ["en", "de", "fr", "xx", None, "en"], model=str(model), cutoffs=cutoffs)
    without = measured([text], ["it"], model=str(model), cutoffs={"en": (1.0, 2.0)})

    assert [row["ccnet_bucket"] for row in found] == ["head", "middle", "tail", "middle", "middle", "all"]
    assert without[0]["ccnet_bucket"] == "all"


def test_without_a_model_nothing_is_measured() -> None:
    found = measured(["some text"], cutoffs={"any": (1.0, 2.0)})

    assert found == [{"ccnet_perplexity": None, "ccnet_bucket": "all", "ccnet_length": 9, "ccnet_nlines": 1}]
    assert measured([]) == []


def test_a_line_of_ten_megabytes(model: pathlib.Path) -> None:
    line = "the of and to in a is that " * 370_000
    (row,) = measured([line], model=str(model))
    (short,) = measured([line[:100_000]], model=str(model))

    assert row["ccnet_perplexity"] == pytest.approx(short["ccnet_perplexity"], rel=0.01)


def test_cutoffs_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(UsageError, match=r"cutoffs\.en"):
        measured(["a"], cutoffs={"en": (2.0, 1.0)})


# --- training -----------------------------------------------------------------------------------------------------


def test_shards_in_any_order_and_memory_of_any_size_give_the_same_bytes(tmp_path: pathlib.Path) -> None:
    shards = [babble(300, 1), babble(200, 2), [""], babble(100, 3)]
    found = []
    for name, some, limit in (
        ("a", shards, 1 << 26),
        ("b", shards[::-1], 1),
        ("c", [[text for shard in shards for text in shard]], 1 << 22),
    ):
        (tmp_path / name).mkdir()
        found.append(trained(tmp_path / name, some, limit_bytes=limit).read_bytes())
        left = {p.name for p in (tmp_path / name).iterdir()}
        assert left == {"model", *(f"collected{i}" for i in range(len(some)))}

    assert found[0] == found[1] == found[2]


FIT = r"""
import re, sys
from redpyjama.lm.trainers import TRAINERS, PerplexityParams
params = PerplexityParams(limit_bytes=int(sys.argv[3]))
TRAINERS["perplexity"].fit([("c4", sys.argv[1])], PerplexityParams(limit_bytes=1 << 20, min_tokens=1), sys.argv[2] + ".small")
def kib(what):
    return int(re.search(what + r":\s*(\d+)", open("/proc/self/status").read())[1])
open("/proc/self/clear_refs", "w").write("5")  # the peak is from here on
before = kib("VmRSS")
TRAINERS["perplexity"].fit([("c4", path) for path in sys.argv[4:]], params, sys.argv[2])
print((kib("VmHWM") - before) << 10)
"""


@pytest.mark.slow
def test_memory_is_bounded_by_the_limit_and_the_model(tmp_path: pathlib.Path) -> None:
    rng = random.Random(3)
    params = TrainerParams()
    paths = [str(tmp_path / "tiny"), str(tmp_path / "large")]
    for path, count in zip(paths, (10, 200_000), strict=True):
        some = [" ".join(rng.choices(LONG_WORDS, k=6)) for _ in range(count)]
        batch = pa.record_batch({"text": pa.array(some, pa.string())})
        TRAINER.collect(iter([batch]), "c4", params, path)
    grown, sizes = [], []
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    for limit in (8 << 20, 1 << 30):
        target = str(tmp_path / f"model{limit}")
        command = [sys.executable, "-c", FIT, paths[0], target, str(limit), paths[1]]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        grown.append(int(done.stdout))
        sizes.append(pathlib.Path(target).read_bytes())

    assert sizes[0] == sizes[1]
    assert grown[0] < len(sizes[0]) + (40 << 20) < grown[1]


LONG_WORDS = [
    f"{a}{b}" for a in "the of and to in on by at from with".split() for b in "er ing ed ly ness tion al".split()
]


def test_only_the_language_asked_for_is_learnt(tmp_path: pathlib.Path) -> None:
    params = TrainerParams(language="de")
    batch = pa.record_batch({"text": ["one two", "eins"], "language": pa.array(["en", "de"])})
    counts = TRAINER.collect(iter([batch]), "wikipedia", params, str(tmp_path / "a"))

    assert counts["sentences"] == 1


def test_no_text_is_an_error_that_says_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(TooLittleText, match=r"0 pieces of text .*to learn an n-gram model from"):
        trained(tmp_path, [["", "\n"]])


@pytest.mark.parametrize(
    "params", [{"order": 1}, {"order": 7}, {"cutoffs": (1,)}, {"cutoffs": (0, 2, 1)}, {"cutoffs": (0,) * 6}]
)
def test_parameters_that_make_no_sense_are_refused(tmp_path: pathlib.Path, params: dict) -> None:
    with pytest.raises(ValueError, match="must be"):
        trained(tmp_path, [["a"]], **params)


def test_a_tokenizer_of_another_kind_is_run_by_its_library(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "of": 2, "in": 3}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.save(str(tmp_path / "words.json"))
    with caplog.at_level(logging.WARNING):
        model = trained(
            tmp_path, [["the of in", "the of of", "the unheard of"]], tokenizer=str(tmp_path / "words.json"), order=2
        )
    arpa.write(str(model), str(tmp_path / "some.arpa"))
    words = arpa_values(tmp_path / "some.arpa")
    text = "the of\nof unheard the"
    expected = sum(sentence_score(words, line.split()) for line in text.split("\n"))
    found = perplexity_step.scored(pa.array([text]), str(model), whole=False)[0]

    assert "its model is WordLevel" in caplog.text
    assert found.tolist() == [pytest.approx(expected, abs=1e-5)]


def test_step_and_trainer_are_plain_values() -> None:
    assert pickle.loads(pickle.dumps(STEP)) == STEP
    assert pickle.loads(pickle.dumps(TRAINER)) == TRAINER
    assert STEP.files(PerplexityParams()) == ()
    assert STEP.files(PerplexityParams(model="m")) == ("m",)
    assert json.dumps(list(STEP.signals))


def test_the_step_takes_an_arpa_file_as_it_is(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = trained(tmp_path, [babble(300, 1)])
    arpa.write(str(model), str(tmp_path / "model.arpa"))
    batch = pa.record_batch({"text": pa.array(babble(20, 2))})
    tokenizer = resources.files("redpyjama") / "data" / "redpyjama-32k.tokenizer.json"
    params = [
        PerplexityParams(model=str(model)),
        PerplexityParams(model=str(tmp_path / "model.arpa"), tokenizer=str(tokenizer)),
    ]
    once, of_arpa, again = (STEP.run(batch, p)["ccnet_perplexity"].to_pylist() for p in (*params, params[1]))

    assert of_arpa == again == pytest.approx(once, rel=1e-4)
    assert len(list((tmp_path / "cache" / "redpyjama" / "models").iterdir())) == 1
    assert STEP.files(params[1]) == (params[1].model, str(tokenizer))


def test_a_file_that_is_no_model_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "some.bin").write_bytes(b"mmap lm http://kheafield.com/code format version 5\n\0")
    batch = pa.record_batch({"text": ["a"]})
    with pytest.raises(InputError, match=r"some.bin: is a binary file of KenLM; name the ARPA"):
        STEP.run(batch, PerplexityParams(model=str(tmp_path / "some.bin")))
    (tmp_path / "some.bin").write_bytes(b"text")
    with pytest.raises(InputError, match=r"cut short"):
        STEP.run(batch, PerplexityParams(model=str(tmp_path / "some.bin")))
    assert not list((tmp_path / "cache" / "redpyjama" / "models").iterdir())
