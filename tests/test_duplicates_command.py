"""`redpyjama duplicates` on a real build: the table of copies, the largest clusters, one cluster with its differences."""

from __future__ import annotations

import gzip
import json
import pathlib
import random
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import redpyjama as rp
from redpyjama import cli
from redpyjama.document import CLUSTERS
from redpyjama.errors import CorpusError
from redpyjama.report import clusters, copies, markdown, page, terminal
from redpyjama.report.plain import plain
from redpyjama.store import atomic, manifest

HOSTILE = "http://evil.example/\x1b[2J\x1b]0;pwned\x07\x9b31m\u202egnp\r\nkept  fake\t[bold]x"
WORDS = "the of and to in is that for it as was with be by on not he his but at are this have from or had an".split()

RECIPE = """
[slice.c4]
[[slice.c4.step]]
step = "length"
[[slice.c4.step]]
step = "personal_data"
[[slice.c4.drop]]
rule = "short"
when = "num_chars < 30"
because = "too short"
[slice.book]
[dedup]
methods = ["exact", "minhash"]
precedence = ["book"]
[dedup.minhash]
slices = ["c4"]
ngram = 5
threshold = 0.5
"""


def prose(seed: int, count: int = 120) -> list[str]:
    draw = random.Random(seed)
    return [f"{draw.choice(WORDS)}{draw.randrange(40)}" for _ in range(count)]


def with_word(words: list[str], place: int, word: str) -> str:
    return " ".join([*words[:place], word, *words[place + 1 :]])


A, B, C, BOOK = (prose(seed) for seed in range(4))
PAGES = [
    (" ".join(A), "http://a.example/1"),
    (" ".join(A), HOSTILE),
    (with_word(A, 60, "hello"), "http://a.example/3"),
    (with_word(A, 90, "mail jane.roe@somewhere.org today"), "http://a.example/4"),
    *((with_word(B, 12 * i, f"v{i}"), f"http://b.example/{i}") for i in range(8)),
    (" ".join(C), "http://c.example/"),
    (" ".join(BOOK), "http://book.example/"),
    ("tiny", "http://t.example/"),
]


def build(folder: pathlib.Path, recipe: str = RECIPE) -> pathlib.Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "r.toml").write_text(recipe)
    for i in range(2):
        with gzip.open(folder / f"c4-train.0000{i}.json.gz", "wt") as file:
            lines = [{"text": text, "url": url, "timestamp": "2020-01-01T00:00:00Z"} for text, url in PAGES[i::2]]
            file.writelines(json.dumps(line) + "\n" for line in lines)
    (folder / "one.txt").write_text(" ".join(BOOK))
    inputs = {"c4": [str(folder / "c4-*.gz")], "book": [str(folder / "one.txt")]}
    rp.build(str(folder / "r.toml"), inputs, str(folder / "corpus"), workers=1)
    return folder / "corpus"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> pathlib.Path:
    """A corpus that lies elsewhere than where it was built."""
    made = build(tmp_path_factory.mktemp("built"))
    moved = tmp_path_factory.mktemp("moved") / "my corpus"
    shutil.move(made, moved)
    return moved


def run(capsys, *argv) -> tuple[int, str, str]:
    status = cli.run(["duplicates", *map(str, argv)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def answer(capsys, *argv):
    status, out, _ = run(capsys, *argv, "--json")
    assert status == 0
    return json.loads(out)


def ids(corpus: pathlib.Path) -> dict[str, str]:
    found = rp.Corpus(str(corpus)).sql("SELECT coalesce(url, 'book'), id FROM documents").fetchall()
    return dict(found)


# --- the table ----------------------------------------------------------------------------------------------------


def test_copies_are_counted_by_slice_and_method(capsys, corpus):
    told = answer(capsys, corpus)["copies"]
    c4, book = told["slices"]

    # 4 and 8 pages that are alike, and the page that the book has too: of the first two clusters one stays each.
    assert (c4["slice"], c4["compared"], c4["copies"]) == ("c4", 14, 11)
    assert {method: part["documents"] for method, part in c4["found_by"].items()} == {"exact": 2, "minhash": 9}
    assert (book["slice"], book["compared"], book["copies"]) == ("book", 1, 0)
    assert list(book["found_by"]) == ["exact"]  # minhash does not look at books
    assert told["total"]["copies"] == 11
    assert told["total"]["share"] == pytest.approx(11 / 15)


def test_bytes_are_those_of_final_texts(capsys, corpus):
    told = answer(capsys, corpus)["copies"]["total"]
    found = rp.Corpus(str(corpus)).sql(
        "SELECT sum(final_bytes), sum(final_bytes) FILTER (rule IN ('exact_duplicate', 'near_duplicate')) "
        "FROM spans JOIN decisions USING (document_id) WHERE rule IS DISTINCT FROM 'short'"
    )

    assert (told["bytes_compared"], told["bytes_copies"]) == tuple(map(int, found.fetchall()[0]))
    assert told["byte_share"] == told["bytes_copies"] / told["bytes_compared"]


def test_the_report_has_the_same_table(corpus):
    made = plain(manifest.load(str(corpus)))
    flow = json.loads((corpus / "report" / "flow.json").read_text())

    assert flow["copies"] == json.loads(json.dumps(copies.as_data(made)))
    assert "| c4 | 14 | 11 | 78.6 % |" in (corpus / "report" / "report.md").read_text()
    assert "<h2>Copies</h2>" in (corpus / "report" / "report.html").read_text()


def test_a_corpus_that_does_not_say_has_no_table(corpus):
    made = {**plain(manifest.load(str(corpus))), "dedup": []}

    assert copies.rows(made) == []
    assert copies.as_data(made) is None
    assert "Copies" not in page.render(made)
    assert "Copies" not in markdown.render(made)


# --- the clusters -------------------------------------------------------------------------------------------------


def test_the_largest_clusters_come_first(capsys, corpus):
    told = answer(capsys, corpus)

    assert told["clusters"] == 3
    assert [each["size"] for each in told["largest"]] == [8, 4, 2]
    assert told["largest"][0]["found_by"] == {"minhash": 7}
    assert told["largest"][1]["found_by"] == {"exact": 1, "minhash": 2}
    assert told["largest"][2]["kept"]["slice"] == "book"
    assert told["largest"][0]["kept"]["url"].startswith("http://b.example/")

    status, out, _ = run(capsys, corpus)
    assert status == 0
    assert "exact 2, minhash 9" in out
    assert f"redpyjama duplicates '{corpus}' --id {told['largest'][0]['kept']['id']}" in out


def test_only_so_many_clusters_are_described(corpus):
    found = clusters.overview(rp.Corpus(str(corpus)), 2)

    assert found.clusters == 3
    assert [each.size for each in found.largest] == [8, 4]


def test_a_cluster_tells_who_stayed_and_how_the_others_differ(capsys, corpus):
    asked = ids(corpus)["http://a.example/3"]
    told = answer(capsys, corpus, "--id", asked)
    kept, first, *others = told["members"]

    assert (told["size"], told["left_out"], told["found_by"]) == (4, 0, {"exact": 1, "minhash": 2})
    assert (kept["kept"], kept["method"], first["kept"]) == (True, None, False)
    assert asked in (kept["id"], first["id"])
    assert {"slice": "c4", "dump": "c4-train.00000.json.gz"}.items() <= next(
        m for m in told["members"] if m["id"] == asked
    ).items()
    assert all(0.5 < member["similarity"] <= 1 for member in told["members"])
    assert [m["similarity"] for m in others] == sorted(m["similarity"] for m in others)
    assert [each["id"] for each in told["differences"]] == [m["id"] for m in told["members"] if not m["kept"]]
    words = {s["text"].strip() for each in told["differences"] for s in each["segments"] if s["kind"] != "same"}
    assert "hello" in words


def test_differences_are_those_of_final_texts(capsys, corpus):
    told = run(capsys, corpus, "--id", ids(corpus)["http://a.example/4"])[1]

    assert "today" in told
    assert "somewhere.org" not in told


def test_a_cluster_across_slices_is_found_by_either_member(capsys, corpus):
    found = [answer(capsys, corpus, "--id", ids(corpus)[url]) for url in ("book", "http://book.example/")]

    assert found[0] == found[1]
    assert [member["slice"] for member in found[0]["members"]] == ["book", "c4"]
    assert found[0]["members"][0]["record"] == "one.txt"
    assert "the same words" in run(capsys, corpus, "--id", ids(corpus)["book"])[1]


def test_of_many_copies_some_are_compared_and_the_others_named(capsys, corpus, monkeypatch):
    one = ids(corpus)["http://b.example/0"]
    told = answer(capsys, corpus, "--id", one)
    out = run(capsys, corpus, "--id", one)[1]
    assert len(told["members"]) == 8
    assert len(told["differences"]) == clusters.MAX_DIFFERENCES == 5
    assert "How 2 more copies differ is not shown" in out

    monkeypatch.setattr(clusters, "MAX_MEMBERS", 3)
    told = answer(capsys, corpus, "--id", one)
    assert (len(told["members"]), told["left_out"], told["size"]) == (4, 4, 8)
    assert "4 more; all of them in Python" in run(capsys, corpus, "--id", one)[1]


# --- what strangers wrote -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], ["--json"], ["--id", HOSTILE], ["--id", HOSTILE, "--json"]])
def test_nothing_reaches_the_terminal_that_it_would_obey(capsys, corpus, argv):
    argv = [ids(corpus)[HOSTILE] if word == HOSTILE else word for word in argv]

    status, out, _ = run(capsys, corpus, *argv)

    assert status == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    assert not re.search(r"(?m)^kept  fake", out)
    if "--id" in argv:
        url = {member["url"] for member in json.loads(out)["members"]} if "--json" in argv else out
        assert (HOSTILE if "--json" in argv else "␛[2J␛]0;pwned␇<U+009B>31m<U+202E>gnp␊kept  fake␉[bold]x") in url


def test_an_endless_address_is_cut(capsys):
    member = clusters.Member(id="x", slice="c4", kept=True, url="http://x.example/" + "y" * 100_000)
    terminal.print_cluster(clusters.Cluster(size=1, found_by={}, kept=member), [])

    assert len(capsys.readouterr().out) < 1000


# --- what cannot be answered --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://c.example/", r"document [0-9a-f]{32} \(c4\) is a copy of no other"),
        ("http://t.example/", r"\(c4\) was dropped by the rule 'short' before copies were looked for"),
    ],
)
def test_a_document_in_no_cluster_gets_one_line(capsys, corpus, url, expected):
    status, out, error = run(capsys, corpus, "--id", ids(corpus)[url])

    assert (status, out) == (1, "")
    assert re.search(expected, error)
    assert error.count("\n") == 1


@pytest.mark.parametrize("wrong", ["{}0", "{:.31}", "{:.8}"])
def test_a_mistyped_id_is_recognised(capsys, corpus, wrong):
    right = ids(corpus)["http://a.example/1"]
    status, _, error = run(capsys, corpus, "--id", wrong.format(right))

    assert status == 1
    assert f"did you mean '{right}'?" in error


@pytest.mark.parametrize(("unknown", "expected"), [("f" * 32, "no document"), ("x'; --", "32 hexadecimal digits")])
def test_an_unknown_id_gets_one_line(capsys, corpus, unknown, expected):
    status, out, error = run(capsys, corpus, "--id", unknown)

    assert (status, out, error.count("\n")) == (1, "", 1)
    assert expected in error


def test_a_corpus_without_de_duplication_says_so(capsys, tmp_path):
    made = build(tmp_path, "[slice.c4]\n[slice.book]\n[dedup]\nmethods = []\n")

    for argv in ([], ["--id", "f" * 32]):
        status, out, error = run(capsys, made, *argv)
        assert (status, out, error.count("\n")) == (1, "", 1)
        assert "was built without de-duplication" in error
    assert manifest.load(str(made)).dedup == []


def test_a_corpus_without_copies_says_so(capsys, tmp_path):
    made = build(tmp_path, "[slice.c4]\n[slice.book]\n[dedup]\nmethods = ['exact']\nscope = 'slice'\n[dedup.exact]\nslices = ['book']\n")  # fmt: skip

    status, out, _ = run(capsys, made)
    assert status == 0
    assert "No document is a copy of another." in out
    assert answer(capsys, made)["clusters"] == 0


# --- an earlier corpus --------------------------------------------------------------------------------------------


def with_clusters(corpus: pathlib.Path, to: pathlib.Path, rows: list[dict]) -> pathlib.Path:
    """Copy a corpus, with other clusters in it."""
    shutil.copytree(corpus, to)
    (stem,) = rp.Corpus(str(to)).stems("clusters", "corpus")
    pq.write_table(pa.Table.from_pylist(rows, schema=CLUSTERS), f"{stem}.parquet", row_group_size=2)
    return to


def node_of(corpus: pathlib.Path, document: str) -> int:
    return rp.Corpus(str(corpus)).sql("SELECT node FROM clusters WHERE document_id = ?", [document]).fetchall()[0][0]


def test_members_of_an_earlier_corpus_are_named_and_no_more(capsys, corpus, tmp_path):
    mine, old = ids(corpus)["http://a.example/1"], "e" * 32
    rows = [
        {"document_id": mine, "kept_id": old, "node": node_of(corpus, mine), "similarity": 0.9, "method": "minhash"},
        {"document_id": old, "kept_id": old, "node": 1000 << 32 | 5, "similarity": 1.0, "method": "minhash"},
    ]
    made = with_clusters(corpus, tmp_path / "new", rows)

    told = answer(capsys, made, "--id", old)
    assert [(m["id"], m["slice"], m["kept"]) for m in told["members"]] == [(old, None, True), (mine, "c4", False)]
    assert told["differences"] == []
    status, out, _ = run(capsys, made, "--id", mine)
    assert status == 0
    assert re.search(rf"kept +{old} +earlier corpus", out)
    assert "its text is not here to compare with" in out
    assert "earlier corpus" in run(capsys, made)[1]


def test_a_table_that_names_another_row_is_damaged(corpus, tmp_path):
    mine, other = ids(corpus)["http://a.example/1"], ids(corpus)["http://a.example/3"]
    rows = [
        {"document_id": mine, "kept_id": mine, "node": node_of(corpus, other), "similarity": 1.0, "method": "exact"}
    ]
    made = rp.Corpus(str(with_clusters(corpus, tmp_path / "new", rows)))

    with pytest.raises(CorpusError, match=f"is another document than {mine}"):
        clusters.cluster_of(made, mine)


def test_a_cluster_may_go_over_the_end_of_a_row_group(corpus, tmp_path):
    sizes = {"a": 1, "b": 7, "c": 2, "d": 2, "e": 3}
    rows = [
        {"document_id": f"{kept}{i}", "kept_id": f"{kept}0", "node": 1000 << 32, "similarity": None, "method": "exact"}
        for kept, size in sizes.items()
        for i in range(size)
    ]
    found = clusters.overview(rp.Corpus(str(with_clusters(corpus, tmp_path / "new", rows))), 3)

    assert found.clusters == 5
    assert [(each.kept.id, each.size) for each in found.largest] == [("b0", 7), ("e0", 3), ("c0", 2)]
    assert found.largest[0].found_by == {"exact": 6}


# --- the S-curve --------------------------------------------------------------------------------------------------


def test_the_curve_of_a_recipe_is_printed(capsys, tmp_path):
    (tmp_path / "r.toml").write_text(RECIPE)

    assert cli.run(["recipe", str(tmp_path / "r.toml"), "--curve"]) == 0
    assert "bands of" in capsys.readouterr().out


@pytest.mark.parametrize(("argv", "expected"), [([], "needs a recipe"), (["redpajama-v2"], "does not use MinHash")])
def test_there_is_no_curve_without_minhash(capsys, argv, expected):
    assert cli.run(["recipe", *argv, "--curve"]) == 2
    assert expected in capsys.readouterr().err


def test_older_manifests_show_their_clusters_all_the_same(capsys, corpus, tmp_path):
    shutil.copytree(corpus, tmp_path / "old")
    value = atomic.unseal((tmp_path / "old" / "corpus.json").read_bytes())
    del value["dedup"]
    (tmp_path / "old" / "corpus.json").write_bytes(atomic.seal(value))

    told = answer(capsys, tmp_path / "old")
    assert (told["copies"], told["clusters"]) == (None, 3)
    assert run(capsys, tmp_path / "old")[0] == 0
