"""Opening a corpus and asking it."""

from __future__ import annotations

import pathlib

import pytest

from redpyjama.corpus import Corpus
from redpyjama.errors import CorpusError, UsageError
from tests import corpora


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(str(corpora.example(tmp_path_factory.mktemp("made") / "corpus")))


def test_every_table_is_a_view(corpus):
    def count(view: str) -> int:
        return corpus.sql(f"SELECT count(*) FROM {view}").fetchall()[0][0]

    views = ("documents", "words", "spans", "tokens", "decisions", "corpus", "release", "skipped", "quarantined")
    assert {view: count(view) for view in views} == {
        "documents": 26,
        "words": 26,
        "spans": 26,
        "tokens": 26,
        "decisions": 26,
        "corpus": 26,
        "release": 24,
        "skipped": 2,
        "quarantined": 1,
    }


def test_documents_come_with_the_columns_of_all_sidecars(corpus):
    query = "SELECT slice, rule, num_words, num_tokens, final_bytes, spans FROM corpus WHERE text LIKE 'write me%'"

    ((slice_name, rule, words, tokens, size, spans),) = corpus.sql(query).fetchall()
    assert (slice_name, rule, words, tokens, size) == ("c4", None, 5, 5, 28)
    assert spans[0]["rule"] == "email"


def test_the_flow_of_a_slice_can_be_asked_for(corpus):
    query = "SELECT slice, coalesce(rule, 'kept') AS what, count(*) FROM decisions GROUP BY ALL ORDER BY ALL"

    assert corpus.sql(query).fetchall() == [
        ("c4", "exact_duplicate", 1),
        ("c4", "kept", 23),
        ("c4", "too_short", 1),
        ("github", "kept", 1),
    ]


def test_placeholders_have_values(corpus):
    assert corpus.sql("SELECT count(*) FROM corpus WHERE num_words > $least", {"least": 5}).fetchall() == [(22,)]


@pytest.mark.parametrize("query", ["SELECT nothing FROM documents", "SELECT * FROM nowhere", "SELEC"])
def test_a_query_that_cannot_be_run_says_why(corpus, query):
    with pytest.raises(UsageError, match="the query cannot be run"):
        corpus.sql(query).fetchall()


def test_shards_come_with_their_sidecars(corpus):
    pairs = list(corpus.shards("c4", "decisions"))

    assert sum(documents.num_rows for documents, _ in pairs) == 25
    assert all(d.column("id").equals(s.column("document_id")) for d, s in pairs)


def test_tables_and_slices_that_are_not_there_are_named_with_the_nearest(corpus):
    with pytest.raises(UsageError, match="no table 'decision'; did you mean 'decisions'"):
        corpus.stems("decision", "c4")
    with pytest.raises(UsageError, match="has no slice 'c5'; did you mean 'c4'"):
        corpus.stems("decisions", "c5")


def test_a_missing_shard_is_named(tmp_path):
    root = corpora.example(tmp_path / "corpus")
    pathlib.Path(root / "stages/words-0/c4/part-00001.json").unlink()

    with pytest.raises(CorpusError, match=r"part-00001.json: is missing"):
        Corpus(str(root)).stems("words", "c4")


def test_a_missing_table_and_a_missing_recipe_are_named(tmp_path):
    root = corpora.example(tmp_path / "corpus")
    (root / "recipe.toml").unlink()
    (root / "stages/words-0").rename(root / "stages/gone")
    corpus = Corpus(str(root))

    with pytest.raises(CorpusError, match="table 'words' is missing"):
        corpus.stems("words", "c4")
    with pytest.raises(CorpusError, match=r"recipe.toml: cannot be read"):
        _ = corpus.recipe_text


def test_slices_are_in_redpajamas_order(corpus):
    assert corpus.slices == ["c4", "github"]
    assert "two words say nothing" in corpus.recipe_text
