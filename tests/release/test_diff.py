"""What differs between two corpora."""

from __future__ import annotations

import pathlib

import msgspec

from redpyjama.release.diff import Difference, diff
from redpyjama.store import manifest
from tests import corpora


def made(root: pathlib.Path, slices: dict, key: str) -> str:
    """A corpus whose stages have the keys that other content gives them."""
    corpora.make(root, slices)
    made = manifest.load(str(root))
    tables = {t: {s: d.replace("-0/", f"-{key}/") for s, d in by.items()} for t, by in made.tables.items()}
    manifest.save(str(root), msgspec.structs.replace(made, tables=tables))
    for stage in (root / "stages").iterdir():
        stage.rename(stage.with_name(stage.name.replace("-0", f"-{key}")))
    return str(root)


def shard(*rows: corpora.Row) -> list[corpora.Shard]:
    return [corpora.Shard(dump="d.json.gz", rows=rows)]


def kinds(differences: list[Difference]) -> dict[tuple[str, str], int]:
    return {(d.stage, d.what): d.documents for d in differences}


def test_a_corpus_does_not_differ_from_itself(tmp_path):
    a, b = corpora.example(tmp_path / "a"), corpora.example(tmp_path / "b")
    found = diff(str(a), str(b))

    assert not found.differ
    assert "documents, signals and decisions: the same" in str(found)


def test_other_keys_with_the_same_content_do_not_differ(tmp_path):
    rows = [corpora.row(f"document {i}") for i in range(5)]

    assert not diff(
        made(tmp_path / "a", {"c4": shard(*rows)}, "a"), made(tmp_path / "b", {"c4": shard(*rows)}, "b")
    ).differ


def test_each_document_is_put_down_to_the_first_stage_that_differs(tmp_path):
    span = [{"start": 0, "end": 4, "rule": "boilerplate", "replacement": ""}]
    a = [corpora.row(f"document {i}", f"r{i}") for i in range(6)]
    b = [
        corpora.row("document 0", "r0"),
        corpora.row("another 1", "r1"),
        corpora.row("document 2", "r2", licence="MIT"),
        corpora.row("document 3", "r3", spans=span),
        corpora.row("document 4", "r4", rule="too_short"),
        corpora.row("document 6", "r6"),
    ]
    found = diff(made(tmp_path / "a", {"c4": shard(*a)}, "a"), made(tmp_path / "b", {"c4": shard(*b)}, "b"))

    assert found.differ
    assert kinds(found.differences) == {
        ("documents", "only in a"): 1,
        ("documents", "only in b"): 1,
        ("documents", "with another text"): 1,
        ("documents", "with another licence"): 1,
        ("spans", "with another spans"): 1,
        ("decisions", "kept in a, dropped in b by too_short"): 1,
    }


def test_other_rules_and_slices_of_one_alone_are_told(tmp_path):
    a = made(tmp_path / "a", {"c4": shard(corpora.row("x", rule="too_short")), "book": shard(corpora.row("y"))}, "a")
    b = made(tmp_path / "b", {"c4": shard(corpora.row("x", rule="too_long")), "arxiv": shard(corpora.row("z"))}, "b")
    found = diff(a, b)

    assert [(d.slice, d.stage, d.what, d.documents) for d in found.differences] == [
        ("c4", "decisions", "dropped by too_short in a, by too_long in b", 1),
        ("arxiv", "documents", "only in b", 1),
        ("book", "documents", "only in a", 1),
    ]
    assert found.inputs_only_in_a == ["book: d.json.gz 111111111111"]


def test_ids_are_shown_but_not_all(tmp_path):
    rows = [corpora.row(f"document {i}") for i in range(9)]
    found = diff(made(tmp_path / "a", {"c4": shard(*rows)}, "a"), made(tmp_path / "b", {"c4": shard()}, "b"))

    (only,) = found.differences
    assert only.documents == 9
    assert len(only.sample) == 5
    assert only.sample == sorted(only.sample)
    assert str(found).endswith(", ...")


def test_the_answer_can_be_printed_as_json(tmp_path):
    a = str(corpora.example(tmp_path / "a"))

    assert msgspec.json.decode(msgspec.json.encode(diff(a, a)))["same_content"] is True
