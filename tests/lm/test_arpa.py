"""Models come and go as ARPA files, and score as KenLM does."""

from __future__ import annotations

import gzip
import pathlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redpyjama.errors import InputError
from redpyjama.lm import arpa, model_file, perplexity_step
from redpyjama.store import tokenizer_file
from tests.lm.models import arpa_values, babble, sentence_score, trained

PLAIN = """\\data\\
ngram 1=6
ngram 2=5
ngram 3=2

\\1-grams:
-1.0\t<unk>
0\t<s>\t-0.5
-0.9\t</s>
-0.8\ta\t-0.4
-0.7\tb\t-0.3
-0.6\tc\t-0.2

\\2-grams:
-0.3\t<s> a\t-0.15
-0.2\ta b\t-0.1
-0.25\tc a\t-0.05
-0.35\tb </s>
-0.12\tb c

\\3-grams:
-0.05\t<s> a b
-0.01\ta b c

\\end\\
"""


def scores(model: pathlib.Path, texts: list[str]) -> list[float]:
    return perplexity_step.scored(pa.array(texts, pa.string()), str(model), whole=False)[0].tolist()


def imported(folder: pathlib.Path, content: str) -> pathlib.Path:
    (folder / "some.arpa").write_text(content, encoding="utf-8")
    arpa.read(str(folder / "some.arpa"), str(folder / "model"), tokenizer=None)
    return folder / "model"


@pytest.mark.parametrize("text", ["a b", "a b c", "c a b", "b", "", "x", "a x b c", "a b c a b c a", "<s> a </s> b"])
def test_a_small_model_scores_by_the_rule_of_the_format(tmp_path: pathlib.Path, text: str) -> None:
    model = imported(tmp_path, PLAIN)
    values = arpa_values(tmp_path / "some.arpa")
    expected = sentence_score(values, text.split()) if text else 0.0

    assert scores(model, [text]) == [pytest.approx(expected, abs=1e-5)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.lists(st.sampled_from("abcx"), min_size=1, max_size=20), max_size=6))
def test_documents_of_lines_score_by_the_rule_of_the_format(tmp_path: pathlib.Path, lines: list[list[str]]) -> None:
    model = imported(tmp_path, PLAIN)
    values = arpa_values(tmp_path / "some.arpa")
    texts = ["\n".join(" ".join(line) for line in lines), "a b", " ".join(" ".join(line) for line in lines)]
    expected = [sum(sentence_score(values, line) for line in lines), sentence_score(values, ["a", "b"])]

    assert scores(model, texts)[:2] == [pytest.approx(e, abs=1e-4) for e in expected]


@pytest.mark.parametrize("params", [{}, {"order": 3}, {"order": 2}, {"order": 6, "cutoffs": (0, 0, 1)}])
def test_kenlm_gives_our_models_the_same_values(tmp_path: pathlib.Path, params: dict) -> None:
    kenlm = pytest.importorskip("kenlm")
    model = trained(tmp_path, [babble(300, 1), babble(300, 2)], **params)
    arpa.write(str(model), str(tmp_path / "ours.arpa"))
    oracle = kenlm.Model(str(tmp_path / "ours.arpa"))
    texts = [*babble(50, 3), "Unseen Words of 1999 — naïve", "zzz", "the " * 300]
    pieces = tokenizer_file.load(tokenizer_file.SHIPPED)
    normal = [t.strip().lower().replace("1999", "0000").replace("—", " - ").replace("ï", "i") for t in texts]
    lines = [" ".join(pieces.pieces[i] for i in ids) for ids in pieces.encode(normal)]
    expected = [sum(row[0] for row in oracle.full_scores(line)) for line in lines]

    assert scores(model, texts) == [pytest.approx(e, abs=1e-4) for e in expected]


def test_what_is_written_is_read_back(tmp_path: pathlib.Path) -> None:
    model = trained(tmp_path, [babble(300, 1)], order=4)
    first, second = tmp_path / "first.arpa", tmp_path / "second.arpa"
    arpa.write(str(model), str(first))
    first_packed = tmp_path / "first.arpa.gz"
    first_packed.write_bytes(gzip.compress(first.read_bytes()))
    tokenizer = tokenizer_file.load(tokenizer_file.SHIPPED)
    arpa.read(str(first_packed), str(tmp_path / "again"), tokenizer=(tokenizer.name, tokenizer.content), limit_bytes=1)
    arpa.write(str(tmp_path / "again"), str(second))
    texts = babble(50, 2)

    assert sorted(second.read_text().split("\n")) == sorted(first.read_text().split("\n"))
    assert scores(model, texts) == [pytest.approx(s, abs=1e-5) for s in scores(tmp_path / "again", texts)]
    assert {p.name for p in tmp_path.iterdir()} == {
        "collected0", "model", "first.arpa", "first.arpa.gz", "again", "second.arpa",
    }  # fmt: skip


def test_a_gap_left_by_pruning_is_bridged_as_kenlm_bridges_it(tmp_path: pathlib.Path) -> None:
    """The n-gram "a b c" stays, "b c" is gone: SRILM prunes so."""
    content = PLAIN.replace("ngram 2=5", "ngram 2=4").replace("-0.12\tb c\n", "")
    model = imported(tmp_path, content)
    texts = ["a b c a", "b c", "c b c", "a b c"]
    values = arpa_values(tmp_path / "some.arpa")
    arpa.write(str(model), str(tmp_path / "again.arpa"))

    assert scores(model, texts) == [pytest.approx(sentence_score(values, t.split()), abs=1e-5) for t in texts]
    assert arpa_values(tmp_path / "again.arpa") == values
    if kenlm := pytest.importorskip("kenlm"):
        oracle = kenlm.Model(str(tmp_path / "some.arpa"))
        assert scores(model, texts) == [pytest.approx(oracle.score(t), abs=1e-4) for t in texts]


def test_real_files_of_kenlm_score_as_kenlm_scores_them(tmp_path: pathlib.Path, realdata: pathlib.Path) -> None:
    kenlm = pytest.importorskip("kenlm")
    files = sorted((realdata / "tokenizers" / "kenlm-arpa").rglob("*.arpa*"))
    assert files
    done = 0
    for file in files:
        try:
            oracle = kenlm.Model(str(file))
        except OSError:
            continue
        words = [" ".join(gram) for gram in arpa_values(file) if "<" not in "".join(gram)]
        texts = [
            t
            for t in [" ".join(words)[:3000], *words[:50]]
            if t == t.lower() and t.isascii() and not any(map(str.isdigit, t))
        ]
        arpa.read(str(file), str(tmp_path / "model"), tokenizer=None)
        expected = [sum(row[0] for row in oracle.full_scores(t)) for t in texts]

        assert scores(tmp_path / "model", texts) == [pytest.approx(e, abs=1e-4) for e in expected], file.name
        done += len(texts)
    assert done


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("\\data\\", "data", "no \\data\\ line"),
        ("\\end\\\n", "", "cut short"),
        ("\\end\\\n", "-0.1\ta b a\n\\end\\", "more n-grams than it says"),
        ("ngram 2=5", "ngram 2=4", "'\\3-grams:' should be"),
        ("ngram 2=5", "ngram 2=x", "'ngram 2=COUNT' should be"),
        ("-0.2\ta b\t-0.1", "-0.2\ta d\t-0.1", "has the word 'd' only here"),
        ("-0.2\ta b\t-0.1", "-0.2\tc a\t-0.1", "2-grams twice"),
        ("-0.8\ta", "-0.8\tb", "the word 'b' twice"),
        ("-0.8\ta", "0.8\ta", "a probability of at most 1"),
        ("-0.8\ta\t-0.4", "-0.8\ta\tnan", "a finite weight"),
        ("-0.05\t<s> a b", "-0.05\t<s> b b", "has the n-gram '<s> b b', but not the one with which it begins"),
        ("-0.9\t</s>", "-0.9\td", "lacks the word </s>"),
        ("ngram 3=2", "ngram 3=2\nngram 4=0\nngram 5=0\nngram 6=0\nngram 7=0", "n-grams of 7 orders"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: pathlib.Path, old: str, new: str, problem: str) -> None:
    assert old in PLAIN
    with pytest.raises(InputError) as raised:
        imported(tmp_path, PLAIN.replace(old, new))

    assert problem in str(raised.value)
    assert [p.name for p in tmp_path.iterdir() if ".arpa" in p.name] == ["some.arpa"]


def test_a_cut_gzip_file_is_no_model(tmp_path: pathlib.Path) -> None:
    (tmp_path / "some.arpa.gz").write_bytes(gzip.compress(PLAIN.encode())[:-20])
    with pytest.raises(InputError, match=r"cannot be read|cut short"):
        arpa.read(str(tmp_path / "some.arpa.gz"), str(tmp_path / "model"), tokenizer=None)


def test_a_word_with_a_blank_cannot_be_written(tmp_path: pathlib.Path) -> None:
    model = imported(tmp_path, PLAIN)
    made = model_file.load(str(model))

    assert made.words[:3] == ("<unk>", "<s>", "</s>")
    assert np.isfinite(made.floats[:6, 2:]).all()
