"""New dumps beside a corpus that was released before: its documents stay, and keep their copies out."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest

import redpyjama as rp
from redpyjama import cli
from redpyjama.errors import CorpusError, UsageError
from redpyjama.graph import copies
from redpyjama.release.verify import verify
from tests.dedup.test_copies import A, B, C, edited, prose

RECIPE = """
[slice.c4]
[[slice.c4.step]]
step = "length"
[[slice.c4.drop]]
rule = "short"
when = "num_chars < 20"
because = "short"
[dedup]
methods = ["exact", "minhash"]
prefer = ["num_chars"]
[dedup.minhash]
ngram = 5
threshold = {threshold}
"""
D = " ".join(prose(4))
NEAR = edited(prose(1), 7, 0.01)


def dump(path, texts):
    with gzip.open(path, "wt") as file:
        for i, text in enumerate(texts):
            file.write(json.dumps({"text": text, "url": f"http://a.example/{i}", "timestamp": ""}) + "\n")
    return str(path)


def build(folder, name, texts, *, against=(), threshold=0.7, observe=None, to=None):
    (folder / f"{name}.toml").write_text(RECIPE.format(threshold=threshold))
    path = dump(folder / f"c4-train.{name}.json.gz", texts)
    to = to or folder / name
    rp.build(str(folder / f"{name}.toml"), {"c4": [path]}, str(to), workers=1, against=against, observe=observe)
    return to


def fates(corpus) -> dict[str, str | None]:
    rows = rp.Corpus(str(corpus)).sql("SELECT text, rule FROM documents JOIN decisions ON id = document_id").fetchall()
    return dict(rows)


@pytest.fixture
def old(tmp_path):
    return build(tmp_path, "old", [A, B, B + " ", "too short"])


def test_copies_of_what_was_released_go_and_the_rest_stays(tmp_path, old):
    new = build(tmp_path, "new", [A, NEAR + " longer", C, C, "too short"], against=[str(old)])

    assert fates(new)[A] == "exact_duplicate"
    assert fates(new)[NEAR + " longer"] == "near_duplicate"
    assert sorted(r[0] or "" for r in rp.Corpus(str(new)).sql("SELECT rule FROM decisions").fetchall()) == [
        "", "exact_duplicate", "exact_duplicate", "near_duplicate", "short",
    ]  # fmt: skip
    (kept,) = rp.Corpus(str(old)).sql(f"SELECT id FROM documents WHERE text = '{A}'").fetchall()
    gone = rp.Corpus(str(new)).sql("SELECT DISTINCT duplicate_of FROM decisions WHERE rule LIKE '%dup%'").fetchall()
    assert kept in gone
    for corpus in (old, new):
        assert [finding for finding in verify(str(corpus)) if finding.problem] == []


def test_the_manifest_says_what_it_was_compared_with(tmp_path, old):
    new = build(tmp_path, "new", [C], against=[str(old)])
    made = json.loads((new / "corpus.json").read_text())

    expected = json.loads((old / "corpus.json").read_text())["content_sha256"]
    assert made["against"] == [{"recipe": "old", "content_sha256": expected}]


def test_what_the_earlier_corpus_dropped_keeps_nothing_out(tmp_path, old):
    """The old corpus dropped "too short" by a rule; the new one has no such rule."""
    path = dump(tmp_path / "c4-train.other.json.gz", ["too short"])
    (tmp_path / "other.toml").write_text("[slice.c4]\n[dedup]\nmethods = ['exact']\n")
    made = rp.build(str(tmp_path / "other.toml"), {"c4": [path]}, str(tmp_path / "o"), workers=1, against=[str(old)])

    assert made.slices["c4"].kept == 1


def test_the_same_dump_again_adds_nothing(tmp_path, old):
    shutil.copy(tmp_path / "c4-train.old.json.gz", tmp_path / "c4-train.again.json.gz")
    new = build(tmp_path, "again", [A, B, B + " ", "too short"], against=[str(old)])

    assert rp.Corpus(str(new)).manifest.slices["c4"].kept == 0


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_files_with_other_partitions_are_read(tmp_path, old, monkeypatch, partitions):
    expected = fates(build(tmp_path, "new", [A, NEAR, C, D], against=[str(old)]))
    monkeypatch.setattr(copies.exchange, "num_partitions", lambda sizes, each: partitions)
    few = build(tmp_path, "few", [A, B, B + " ", "too short"])
    monkeypatch.setattr(copies.exchange, "num_partitions", lambda sizes, each: 5)

    assert fates(build(tmp_path, "next", [A, NEAR, C, D], against=[str(few)])) == expected
    assert set(expected.values()) == {None, "exact_duplicate", "near_duplicate"}


def stages(folder, name, **options) -> set[str]:
    seen: set[str] = set()
    build(folder, name, [A, C], observe=lambda event: seen.add(event.task.rpartition("/")[0]), **options)
    return seen


def test_fingerprints_of_the_earlier_corpus_are_used_if_they_are_of_the_same_methods(tmp_path, old):
    assert "fingerprints/earlier0-c4" not in stages(tmp_path, "same", against=[str(old)])
    assert "fingerprints/earlier0-c4" in stages(tmp_path, "another", against=[str(old)], threshold=0.6)


def test_a_second_build_has_nothing_to_do_wherever_the_earlier_corpus_lies(tmp_path, old):
    stages(tmp_path, "new", against=[str(old)])
    moved = tmp_path / "moved"
    shutil.move(old, moved)

    assert stages(tmp_path, "new", against=[str(moved)]) == set()
    assert stages(tmp_path, "new") != set()


def test_several_earlier_corpora_in_any_order(tmp_path, old):
    second = build(tmp_path, "second", [C])
    one = build(tmp_path, "one", [A, C, D], against=[str(old), str(second)])
    two = build(tmp_path, "two", [A, C, D], against=[str(second), str(old)])

    assert fates(one) == fates(two) == {A: "exact_duplicate", C: "exact_duplicate", D: None}


def test_it_is_as_if_both_had_been_built_together(tmp_path):
    first = [edited(prose(i % 5), i, 0.01) for i in range(20)] + [A, B]
    second = [edited(prose(i % 8), 100 + i, 0.01) for i in range(30)] + [A, D, D]
    old = build(tmp_path, "old", first)
    new = build(tmp_path, "new", second, against=[str(old)])
    (tmp_path / "both.toml").write_text(RECIPE.format(threshold=0.7))
    paths = [str(tmp_path / f"c4-train.{name}.json.gz") for name in ("old", "new")]
    both = rp.build(str(tmp_path / "both.toml"), {"c4": paths}, str(tmp_path / "both"), workers=1)

    kept = [rp.Corpus(str(corpus)).manifest.slices["c4"].kept for corpus in (old, new)]
    assert sum(kept) == both.slices["c4"].kept
    assert all(kept)


def test_what_does_not_make_sense_is_refused(tmp_path, old, capsys):
    with pytest.raises(CorpusError, match="is the corpus that is built"):
        build(tmp_path, "old", [A], against=[str(old)])
    with pytest.raises(CorpusError):
        build(tmp_path, "new", [A], against=[str(tmp_path / "nowhere")])
    (tmp_path / "none.toml").write_text("[slice.c4]\n[dedup]\nmethods = []\n")
    with pytest.raises(UsageError, match="without de-duplication"):
        rp.build(str(tmp_path / "none.toml"), {"c4": [str(tmp_path / "*.gz")]}, str(tmp_path / "x"), against=[str(old)])
    command = ["build", str(tmp_path / "old.toml"), "--inputs", f"c4={tmp_path}/c4-train.old.json.gz"]
    assert cli.run([*command, "--to", str(tmp_path / "y"), "--against", str(old), "--workers", "1"]) == 0
    assert fates(tmp_path / "y")[A] == "exact_duplicate"
