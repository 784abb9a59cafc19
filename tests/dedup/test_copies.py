"""Document-level de-duplication through the graph: which documents go, whose copy stays, and how the work is cut."""

from __future__ import annotations

import gzip
import json
import pathlib
import random

import pyarrow.parquet as pq
import pytest

from redpyjama import graph, recipe
from redpyjama.builder import CATALOGUE
from redpyjama.engine.local import LocalEngine
from redpyjama.errors import RecipeError
from redpyjama.graph import copies
from redpyjama.store import hashes

WORDS = "the of and to in is that for it as was with be by on not he his but at are this have from or had an".split()


def prose(seed: int, count: int = 120) -> list[str]:
    draw = random.Random(seed)
    return [f"{draw.choice(WORDS)}{draw.randrange(40)}" for _ in range(count)]


def edited(words: list[str], seed: int, share: float) -> str:
    draw = random.Random(seed)
    return " ".join(f"new{draw.randrange(10**6)}" if draw.random() < share else word for word in words)


def made(folder: pathlib.Path, dedup: str, dumps: dict[str, list[dict]], books: dict[str, str] | None = None):
    """Lay out and run a build of c4 dumps and books; return the graph."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"[slice.c4]\n[[slice.c4.step]]\nstep = 'length'\n[slice.book]\n[dedup]\n{dedup}\n"
    (folder / "r.toml").write_text(text)
    loaded = recipe.load(str(folder / "r.toml"), CATALOGUE)
    paths: dict[str, list[str]] = {"c4": [], "book": []}
    for name, records in dumps.items():
        paths["c4"].append(str(folder / f"c4-train.{name}.json.gz"))
        with gzip.open(paths["c4"][-1], "wt") as file:
            plain = {"url": "http://a.example", "timestamp": "2020-01-01T00:00:00Z"}
            file.writelines(json.dumps(plain | record) + "\n" for record in records)
    for name, content in (books or {}).items():
        (folder / name).write_text(content)
        paths["book"].append(str(folder / name))
    found = {}
    for name in (name for name in paths if paths[name]):
        dumps_of = CATALOGUE.sources[name].dumps(paths[name], loaded.slices[name].options)
        found[name] = [graph.Input(dump=d, sha256=hashes.sha256_path(d.path)) for d in dumps_of]
    plan = graph.Plan(
        recipe=loaded, catalogue=CATALOGUE, inputs=found, fraction=1.0, root=str(folder / "to"),
        tokenizer={"name": "redpyjama-32k", "sha256": "x", "vocab_size": 32000},
    )  # fmt: skip
    laid = graph.make(plan)
    LocalEngine(1).run(laid.tasks(), lambda event: None)
    return laid


def table(laid, name: str, slice_name: str):
    files = [f"{task.output}.parquet" for task in laid.tables[name][slice_name].tasks]
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def fates(laid, slice_name: str = "c4") -> dict[str, tuple[str | None, str | None]]:
    """Return {begin of the text: (rule, begin of the kept text)}."""
    texts = {row["id"]: row["text"][:12] for name in laid.tables["documents"] for row in table(laid, "documents", name)}
    rows = table(laid, "decisions", slice_name)
    return {texts[row["document_id"]]: (row["rule"], texts.get(row["duplicate_of"])) for row in rows}


A, B, C = (" ".join(prose(seed)) for seed in (1, 2, 3))


def test_of_equal_texts_one_stays(tmp_path):
    laid = made(tmp_path, "methods = ['exact']", {"a": [{"text": A}, {"text": B}], "b": [{"text": A}, {"text": C}]})

    rules = [row["rule"] for row in table(laid, "decisions", "c4")]
    assert sorted(rules, key=str) == [None, None, None, "exact_duplicate"]
    clusters = table(laid, "clusters", "corpus")
    assert len(clusters) == 2
    assert {row["kept_id"] for row in clusters} == {row["duplicate_of"] for row in table(laid, "decisions", "c4")} - {
        None
    }
    assert {(row["method"], row["similarity"]) for row in clusters} == {("exact", 1.0)}


def test_near_copies_go_and_others_stay(tmp_path):
    near, far = edited(prose(1), 7, 0.01), edited(prose(1), 8, 0.5)
    dedup = "methods = ['exact', 'minhash']\n[dedup.minhash]\nngram = 5\nthreshold = 0.7"
    laid = made(tmp_path, dedup, {"a": [{"text": A}, {"text": B}], "b": [{"text": near}, {"text": "far " + far}]})

    found = [row["rule"] for row in table(laid, "decisions", "c4")]
    assert sorted(found, key=str) == [None, None, None, "near_duplicate"]
    (similarity,) = {round(row["similarity"], 3) for row in table(laid, "clusters", "corpus")} - {1.0}
    assert 0.7 <= similarity < 1


def test_precedence_then_preference_decide_which_copy_stays(tmp_path):
    dedup = (
        "methods = ['minhash']\nprecedence = {}\nprefer = ['num_chars']\n[dedup.minhash]\nngram = 5\nthreshold = 0.6"
    )
    longer, book = A + " and a little more", A + " book"
    dumps = {"a": [{"text": "short " + A}, {"text": longer}]}

    laid = made(tmp_path / "c4", dedup.format(["c4", "book"]), dumps, {"one.txt": book})
    assert fates(laid) == {"short " + A[:6]: ("near_duplicate", longer[:12]), longer[:12]: (None, None)}
    assert [row["rule"] for row in table(laid, "decisions", "book")] == ["near_duplicate"]

    laid = made(tmp_path / "book", dedup.format(["book", "c4"]), dumps, {"one.txt": book})
    assert {rule for rule, _ in fates(laid).values()} == {"near_duplicate"}
    assert [row["rule"] for row in table(laid, "decisions", "book")] == [None]


def test_the_newest_stays_where_the_recipe_prefers_it(tmp_path):
    dumps = {"a": [{"text": A, "timestamp": f"20{year}-05-01T00:00:00Z"} for year in (17, 21, 19)]}
    laid = made(tmp_path, "methods = ['exact']\nprefer = ['epoch(CAST(created AS TIMESTAMP))']", dumps)

    decided = {row["document_id"]: row["rule"] for row in table(laid, "decisions", "c4")}
    (kept,) = (row for row in table(laid, "documents", "c4") if decided[row["id"]] is None)
    assert kept["created"].startswith("2021")


def test_slices_are_compared_only_where_the_scope_is_the_corpus(tmp_path):
    dumps, books = {"a": [{"text": A}]}, {"one.txt": A}

    across = made(tmp_path / "1", "methods = ['exact']\nscope = 'corpus'", dumps, books)
    within = made(tmp_path / "2", "methods = ['exact']\nscope = 'slice'", dumps, books)

    rules = [
        [row["rule"] for name in ("c4", "book") for row in table(laid, "decisions", name)] for laid in (across, within)
    ]
    assert sorted(rules[0], key=str) == [None, "exact_duplicate"]
    assert rules[1] == [None, None]


def test_a_method_looks_at_the_slices_that_it_names(tmp_path):
    near = A + " at last"
    dedup = "methods = ['exact', 'minhash']\n[dedup.minhash]\nngram = 5\nslices = ['book']"
    laid = made(
        tmp_path, dedup, {"a": [{"text": A}, {"text": near}]}, {"one.txt": near + " indeed", "two.txt": near + " it is"}
    )

    assert {rule for rule, _ in fates(laid).values()} == {None}
    assert sorted((row["rule"] for row in table(laid, "decisions", "book")), key=str) == [None, "near_duplicate"]


def test_a_copy_that_a_rule_drops_takes_no_other_with_it(tmp_path):
    (tmp_path / "x").mkdir()
    dedup = "methods = ['exact']\nprecedence = ['c4']\n[[slice.c4.drop]]\nrule = 'bad'\nwhen = 'num_chars > 0'\nbecause = 'all'"
    laid = made(tmp_path, dedup, {"a": [{"text": A}]}, {"one.txt": A})

    assert [row["rule"] for row in table(laid, "decisions", "c4")] == ["bad"]
    assert [row["rule"] for row in table(laid, "decisions", "book")] == [None]


def test_however_the_work_is_cut_the_same_goes(tmp_path, monkeypatch):
    texts = [edited(prose(seed % 9), seed, 0.02) for seed in range(40)] + [A, A, B]
    dedup = "methods = ['exact', 'minhash', 'simhash']\n[dedup.minhash]\nngram = 5\nthreshold = 0.7"
    answers = []
    for i, (cut, partitions, fan_in) in enumerate([(1, 1, 16), (3, 7, 2), (5, 40, 3)]):
        monkeypatch.setattr(copies.exchange, "num_partitions", lambda sizes, each, n=partitions: n)
        monkeypatch.setattr(copies.forest, "FAN_IN", fan_in)
        dumps = {"all": [{"text": text} for text in texts]}
        if cut > 1:
            monkeypatch.setattr(copies, "SHARDS_PER_GROUP", 64)
        laid = made(tmp_path / str(i), dedup, dumps)
        decisions = [(row["document_id"], row["rule"], row["duplicate_of"]) for row in table(laid, "decisions", "c4")]
        clusters = sorted(map(str, table(laid, "clusters", "corpus")))
        answers.append((decisions, clusters))

    assert answers[0] == answers[1] == answers[2]
    assert len({rule for _, rule, _ in answers[0][0]}) >= 3


@pytest.mark.parametrize(
    ("dedup", "message"),
    [
        ("methods = ['exakt']", "did you mean 'exact'"),
        ("methods = ['exact', 'exact']", "twice"),
        ("methods = ['exact']\n[dedup.minhash]\nngram = 5", "does not name"),
        ("methods = ['minhash']\n[dedup.minhash]\npreset = 'slimpijama'", "slimpajama"),
        ("methods = ['minhash']\n[dedup.minhash]\nthreshold = 2.0", "threshold"),
        ("methods = ['minhash']\n[dedup.minhash]\nslices = ['books']", "book"),
        ("prefer = ['nmu_chars']", "nmu_chars"),
        ("scope = 'slices'", "scope"),
        ("[[slice.c4.drop]]\nrule = 'near_duplicate'\nwhen = 'true'\nbecause = 'x'", "is what copies go by"),
    ],
)
def test_what_does_not_make_sense_is_refused(tmp_path, dedup, message):
    with pytest.raises(RecipeError, match=message):
        made(tmp_path, dedup, {"a": [{"text": A}]})
