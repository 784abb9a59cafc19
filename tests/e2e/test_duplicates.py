"""Copies among texts that nobody here wrote, of which it is known what is a copy of what."""

from __future__ import annotations

import collections
import gzip
import itertools
import json
import pathlib

import pytest

import redpyjama as rp
from redpyjama.store import shards

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("realdata")]

EDITIONS = {
    "The Adventures of Sherlock Holmes": 7,
    "The Devil's Dictionary": 3,
    "Pride and Prejudice": 7,
    "Treasure Island": 2,
    "War and Peace": 2,
    "Charles Dickens and Music": 2,
    "Entre Nous Lectures Françaises à l'usage des ecoles primaires - I": 2,
}
"""Title -> editions among the books: of Project Gutenberg, GITenberg and Standard Ebooks."""


def clusters_of(folder: pathlib.Path) -> list[set[str]]:
    """Return the ids of each cluster."""
    manifest = json.loads((folder / "corpus.json").read_text())
    found: dict[str, set[str]] = collections.defaultdict(set)
    for path in sorted((folder / manifest["tables"]["clusters"]["corpus"]).glob("*.parquet")):
        for (batch,) in shards.read_batches(str(path)):
            for row in batch.to_pylist():
                found[row["kept_id"]].add(row["document_id"])
    return list(found.values())


def documents_of(folder: pathlib.Path, column: str) -> dict[str, str]:
    return dict(rp.Corpus(str(folder)).sql(f"SELECT id, {column} FROM documents").fetchall())


def build(folder: pathlib.Path, recipe: str, **inputs: list[str]) -> pathlib.Path:
    (folder / "recipe.toml").write_text(recipe)
    rp.build(str(folder / "recipe.toml"), inputs, str(folder / "corpus"), workers=2)
    return folder / "corpus"


@pytest.mark.parametrize("threshold", [0.4, 0.6, 0.8])
def test_plagiarised_articles_are_found_and_no_others(realdata, tmp_path, threshold):
    """1,000 articles, ten of them edited copies: of 5-grams of words these share 0.96, any others 0.17 at the most."""
    source = realdata / "groundtruth" / "dedup-articles-plagiarised"
    with gzip.open(source / "articles_1000.train.gz", "rt", encoding="utf-8", errors="replace") as lines:
        articles = dict(line.rstrip("\n").split(" ", 1) for line in lines)
    with gzip.open(tmp_path / "c4-train.00000.json.gz", "wt", encoding="utf-8") as file:
        for name, text in articles.items():
            file.write(json.dumps({"text": text, "url": f"http://a.example/{name}", "timestamp": ""}) + "\n")
    recipe = f"[slice.c4]\n[dedup]\nmethods = ['minhash']\n[dedup.minhash]\nngram = 5\nthreshold = {threshold}\n"

    corpus = build(tmp_path, recipe, c4=[str(tmp_path / "c4-train.00000.json.gz")])

    names = {i: url.rpartition("/")[2] for i, url in documents_of(corpus, "url").items()}
    pairs = {frozenset(names[i] for i in cluster) for cluster in clusters_of(corpus)}
    assert pairs == {frozenset(line.split()) for line in (source / "articles_1000.truth").read_text().splitlines()}


METHODS = {
    "n-grams of words": "methods = ['minhash']\n[dedup.minhash]\npreset = 'fineweb'\nthreshold = 0.6",
    "n-grams of characters": "methods = ['minhash']\n[dedup.minhash]\npreset = 'slimpajama'\nthreshold = 0.6\nbands = 16\nrows = 8",
    "SimHash of RedPajama V1": "methods = ['simhash']\n[dedup.simhash]\npreset = 'redpajama-v1-books'",
}


@pytest.mark.parametrize("dedup", METHODS.values(), ids=METHODS.keys())
def test_editions_of_a_book_are_one_cluster_and_other_books_stay_apart(realdata, tmp_path, dedup):
    corpus = build(tmp_path, f"[slice.book]\n[dedup]\n{dedup}\n", book=[str(realdata / "books")])

    titles = {i: (title or "").replace("’", "'") for i, title in documents_of(corpus, "title").items()}
    records = documents_of(corpus, "locator.dump || '/' || locator.record")
    found = [collections.Counter(titles[i] for i in cluster) for cluster in clusters_of(corpus)]
    for title, count in EDITIONS.items():
        (cluster,) = (each for each in found if title in each)
        assert cluster[title] == count, records
    several = {frozenset(each) for each in found if len(each) > 1}
    # Two translations of the brothers Grimm: 59 of 64 bits of V1's SimHash are the same, and 5 % of their 5-grams.
    grimm = {frozenset({"Grimm's Fairy Stories", "Grimms' Fairy Tales"})}
    assert several == (grimm if "simhash" in dedup else set())
    assert len(list(itertools.chain(*found))) < len(titles) / 2
