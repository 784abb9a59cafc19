"""The families of repetition measure what RedPajama V2, Gopher and datatrove call repetition."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given

from redpyjama.steps import repetition
from tests.kernels.test_repetition import covered_chars, duplicates, grams, most_frequent, skipped_chars
from tests.steps.batches import family_step, measured
from tests.steps.peer_rules import keeps
from tests.strategies import texts_of

STEP = family_step(repetition.Repetition, repetition.SIGNALS, "normalised")
GOPHER = family_step(repetition.GopherRepetition, repetition.GOPHER_SIGNALS, "spacy")
ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = pathlib.Path(os.environ.get("REDPYJAMA_PEER_PYTHON", ROOT / ".bench-env" / "datatrove" / "bin" / "python"))
PUNCTUATION = str.maketrans("", "", "".join(c for c in map(chr, range(33, 127)) if not c.isalnum()))

texts = texts_of(
    "\n", "\n\n", " ", "the cat sat on the mat ", "the cat sat\n", "on, the: mat.\n\n", "Été ", "na na na na na na na ",
    " one two three four five six seven eight nine ten eleven", "\u3000", "\r\n", "it's ", "- ",
)  # fmt: skip


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def twin(text: str) -> dict[str, float]:
    """RedPajama V2's n-grams; Gopher's lines and paragraphs, white space around lines left out."""
    words = unicodedata.normalize("NFD", text.lower().translate(PUNCTUATION)).split()
    chars = len("".join(words))
    clean = "\n".join(line.strip() for line in text.split("\n")).strip()
    lines = duplicates([line for line in clean.split("\n") if line])
    paragraphs = duplicates([p for p in re.split(r"\n{2,}", clean) if p])
    row = {
        "frac_dup_lines": ratio(lines[1], lines[0]),
        "frac_chars_dup_lines": ratio(lines[3], lines[2]),
        "frac_dup_paragraphs": ratio(paragraphs[1], paragraphs[0]),
        "frac_chars_dup_paragraphs": ratio(paragraphs[3], paragraphs[2]),
    }
    for n in (2, 3, 4):
        times, size = most_frequent(words, n)
        row[f"rps_doc_frac_chars_top_{n}gram"] = ratio(times * size if times > 1 else 0, chars)
    for n in range(5, 11):
        row[f"rps_doc_frac_chars_dupe_{n}grams"] = ratio(covered_chars(words, n), chars)
    return row


def gopher_twin(text: str) -> dict[str, float]:
    """What datatrove's filter computes, over words between white space."""
    paragraphs, lines, words = re.split(r"\n{2,}", text.strip()), re.split("\n+", text), text.split()
    row = {}
    for name, found in (("line", duplicates(lines)), ("para", duplicates(paragraphs))):
        row[f"gopher_dup_{name}_frac"] = found[1] / found[0] if text else 0.0
        row[f"gopher_dup_{name}_char_frac"] = ratio(found[3], len(text))
    for n in (2, 3, 4):
        found = Counter(" ".join(gram) for gram in grams(words, n)).most_common(1)
        row[f"gopher_top_{n}_gram_char_frac"] = ratio(len(found[0][0]) * found[0][1] if found else 0, len(text))
    for n in range(5, 11):
        row[f"gopher_dup_{n}_gram_char_frac"] = ratio(skipped_chars(words, n), len(text))
    return row


@given(texts)
@example("\n")
@example(" \n \n")
def test_values_are_those_of_the_definitions(text: str) -> None:
    assert measured(STEP, [text]) == [pytest.approx(twin(text))]


@given(texts)
@example("\n")
@example("\na\n")
@example("na " * 40)
def test_values_are_those_of_datatrove(text: str) -> None:
    assert measured(GOPHER, [text], words="whitespace") == [pytest.approx(gopher_twin(text))]


def test_a_chorus_is_repetition() -> None:
    chorus = "We will, we will rock you!\nWe will, we will rock you!\n"
    (row,) = measured(STEP, [f"{chorus}\n{chorus}"])

    assert row["frac_dup_lines"] == 0.75
    assert row["frac_dup_paragraphs"] == 0.5
    assert row["rps_doc_frac_chars_top_2gram"] == pytest.approx(8 * 6 / 76)
    assert row["rps_doc_frac_chars_dupe_5grams"] == row["rps_doc_frac_chars_dupe_10grams"] == 1


def test_words_decide_what_repeats() -> None:
    text = "Über Nacht, über NACHT; u\u0308ber nacht."

    assert measured(STEP, [text])[0]["rps_doc_frac_chars_top_2gram"] == 1
    assert measured(STEP, [text], words="whitespace")[0]["rps_doc_frac_chars_top_2gram"] == 0


def test_scripts_without_spaces_repeat_too_where_words_are_found() -> None:
    text = "春が来た。" * 20

    assert measured(STEP, [text])[0]["rps_doc_frac_chars_dupe_10grams"] == 0
    assert measured(STEP, [text], words="unicode")[0]["rps_doc_frac_chars_dupe_10grams"] == 1


def test_a_batch_of_many_chunks_has_the_values_of_each_text() -> None:
    texts = ["na " * 300_000, "", "one two " * 4, "x\n" * 700_000, "one two three"]

    for step in (STEP, GOPHER):
        assert measured(step, texts) == [measured(step, [text])[0] for text in texts]


def pages(folder: pathlib.Path, count: int) -> list[str]:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    found = []
    with open(folder / "commoncrawl" / "pages.warc.wet.gz", "rb") as stream:
        for i, record in enumerate(ArchiveIterator(stream, record_types=WarcRecordType.conversion)):
            text = record.reader.read().decode("utf-8", "replace")
            if i % 5 == 0 and len(text) < 20_000:
                found.append(text)
            if len(found) == count:
                break
    return found


def test_real_pages_have_the_values_of_the_definitions(realdata: pathlib.Path) -> None:
    texts = pages(realdata, 40)

    assert measured(STEP, texts) == [pytest.approx(twin(text)) for text in texts]
    assert measured(GOPHER, texts, words="whitespace") == [pytest.approx(gopher_twin(text)) for text in texts]


def test_decisions_are_those_of_datatrove_itself(realdata: pathlib.Path, tmp_path: pathlib.Path) -> None:
    if not PEER.exists():
        pytest.skip(f"no datatrove at {PEER}: make bench-env, or set REDPYJAMA_PEER_PYTHON")
    texts = pages(realdata, 100)
    file = tmp_path / "texts.jsonl"
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
    done = subprocess.run(
        [str(PEER), "-m", "benchmarks.peers.datatrove_repetition", str(file)],
        stdout=subprocess.PIPE, check=True, cwd=ROOT, text=True,
    )  # fmt: skip
    theirs = json.loads(done.stdout.splitlines()[-1])
    for words in ("spacy", "unicode", "normalised"):
        ours = [keeps(row) for row in measured(GOPHER, texts, words=words)]

        assert sum(a == b for a, b in zip(ours, theirs["kept"], strict=True)) >= 0.98 * len(texts)
