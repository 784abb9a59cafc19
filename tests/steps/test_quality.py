"""The step "quality" measures what datatrove's Gopher and FineWeb filters look at, and decides as they do."""

from __future__ import annotations

import json
import os
import pathlib
import re
import statistics
import subprocess

import pytest
from hypothesis import example, given

from redpyjama.errors import UsageError
from redpyjama.kernels import punctuation
from redpyjama.steps import quality
from tests.steps.batches import batch_of, measured
from tests.steps.peer_rules import FINEWEB, GOPHER_QUALITY
from tests.steps.test_repetition import PEER, ROOT, gopher_twin, pages
from tests.strategies import texts_of

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
NO_WORDS = {chr(i) for i in punctuation.no_words().nonzero()[0]}

texts = texts_of(
    " ", "\n", "\r\n", "\u2028", "the ", "The ", "of ", "and ", "• ", "- ", "...", "....", "…", "#", "##", "12 ", "x" * 31,
    "A line.\n", "another line\n", "a line that is longer than thirty characters!\n", "日本語。", "॥\n", "$ ", "\t",
)  # fmt: skip


def over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def gopher_quality_twin(text: str) -> dict[str, float]:
    words, lines = text.split(), text.splitlines()
    counted = [w for w in words if set(w) - NO_WORDS]
    return {
        "gopher_num_words": len(counted),
        "gopher_mean_word_length": over(sum(map(len, counted)), len(counted)),
        "gopher_median_word_length": statistics.median([min(len(w), 1024) for w in counted] or [0]),
        "gopher_hash_word_ratio": over(text.count("#"), len(words)),
        "gopher_ellipsis_word_ratio": over(text.count("...") + text.count("…"), len(words)),
        "gopher_bullet_lines_frac": over(sum(s.lstrip().startswith(("•", "-")) for s in lines), len(lines)),
        "gopher_ellipsis_lines_frac": over(sum(s.rstrip().endswith(("...", "…")) for s in lines), len(lines)),
        "gopher_alpha_words_frac": over(sum(any(map(str.isalpha, w)) for w in words), len(words)),
        "gopher_num_stop_words": len(STOP_WORDS & set(words)),
    }


def fineweb_twin(text: str) -> dict[str, float]:
    lines = [line for line in text.split("\n") if line.strip()]
    repeated = [line for i, line in enumerate(lines) if line in lines[:i]]
    return {
        "fineweb_line_punct_ratio": over(sum(s.endswith(tuple(punctuation.SENTENCE_ENDS)) for s in lines), len(lines)),
        "fineweb_short_line_ratio": over(sum(len(s) <= 30 for s in lines), len(lines)),
        "fineweb_char_dup_ratio": over(sum(map(len, repeated)), len(text.replace("\n", ""))),
        "fineweb_new_line_ratio": text.count("\n") / max(len(text.split()), 1),
    }


def twin(text: str) -> dict[str, float]:
    return gopher_quality_twin(text) | gopher_twin(text) | fineweb_twin(text)


@given(texts)
@example("\n")
@example("the the\nthe the\n\n")
@example(". . .")
def test_values_are_those_of_the_definitions(text: str) -> None:
    assert measured(quality.STEP, [text], words="whitespace") == [pytest.approx(twin(text), abs=1e-12)]


@given(texts, texts)
def test_a_text_is_judged_alike_alone_and_in_company(first: str, second: str) -> None:
    together = measured(quality.STEP, [first, "", second])

    assert [together[0], together[2]] == measured(quality.STEP, [first]) + measured(quality.STEP, [second])


def test_an_empty_text_and_an_empty_batch() -> None:
    (row,) = measured(quality.STEP, [""])

    assert set(row.values()) == {0}
    assert measured(quality.STEP, []) == []


def test_words_decide_what_counts() -> None:
    text = "Ein Wort, noch – ein Wort. 我喜欢书"
    spacy, default = measured(quality.STEP, [text], words="spacy"), measured(quality.STEP, [text], words="unicode")

    assert (spacy[0]["gopher_num_words"], default[0]["gopher_num_words"]) == (6, 9)
    assert default[0]["gopher_alpha_words_frac"] == 1
    assert spacy[0]["gopher_alpha_words_frac"] == pytest.approx(6 / 9)  # marks are words


def test_small_and_capital_stop_words() -> None:
    text = "The cat AND the dog"

    assert measured(quality.STEP, [text], words="whitespace")[0]["gopher_num_stop_words"] == 1
    assert measured(quality.STEP, [text], words="unicode")[0]["gopher_num_stop_words"] == 2
    assert measured(quality.STEP, ["Der Hund und"], stop_words=("und", "der"))[0]["gopher_num_stop_words"] == 1


def test_parameters_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="more than one character"):
        quality.STEP.run(batch_of(["a"]), quality.QualityParams(bullets=("->",)))
    with pytest.raises(UsageError, match="64 stop words"):
        quality.STEP.run(batch_of(["a"]), quality.QualityParams(stop_words=tuple(f"w{i}" for i in range(64))))


def test_real_pages_have_the_values_of_the_definitions(realdata: pathlib.Path) -> None:
    for text in pages(realdata, 40):
        assert measured(quality.STEP, [text], words="whitespace") == [pytest.approx(twin(text), abs=1e-12)]


def test_decisions_and_reasons_are_those_of_datatrove_itself(realdata: pathlib.Path, tmp_path: pathlib.Path) -> None:
    if not PEER.exists():
        pytest.skip(f"no datatrove at {PEER}: make bench-env, or set REDPYJAMA_PEER_PYTHON")
    texts = [text for text in pages(realdata, 150) if text.strip()]
    file = tmp_path / "texts.jsonl"
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    done = subprocess.run(
        [str(PEER), "-m", "benchmarks.peers.datatrove_quality", str(file)],
        stdout=subprocess.PIPE, check=True, cwd=ROOT, text=True, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    dropped = json.loads(done.stdout.splitlines()[-1])["dropped"]
    rows = measured(quality.STEP, texts, words="spacy")
    for name, rules in (("gopher_quality", GOPHER_QUALITY), ("fineweb", FINEWEB)):
        ours = [next((reason for reason, drops in rules if drops(row)), None) for row in rows]
        assert sum(a == b for a, b in zip(ours, dropped[name], strict=True)) >= 0.98 * len(texts)
        assert len(set(ours)) > 2
    assert not re.search("error", json.dumps(dropped))
