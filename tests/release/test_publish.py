"""The directory that others download."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import subprocess

import duckdb
import pyarrow.parquet as pq
import pytest
from backports import zstd

from redpyjama.corpus import Corpus
from redpyjama.errors import CorpusError, UsageError
from redpyjama.release import checksums, release, writers
from redpyjama.release import sample as samples
from tests import corpora


def files(directory: pathlib.Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def records(directory: str | pathlib.Path) -> list[dict]:
    found = []
    for path in sorted(pathlib.Path(directory).rglob("*.zst")):
        text = zstd.decompress(path.read_bytes()).decode()
        found += [json.loads(line) for line in text.splitlines()]
    return found


def ids(directory: str | pathlib.Path) -> set[str]:
    return {record["meta"]["id"] for record in records(directory)}


def test_the_release_holds_the_kept_documents_the_checksums_and_the_papers(corpus):
    parts = ["c4/part-00000.jsonl.zst", "c4/part-00002.jsonl.zst", "github/part-00000.jsonl.zst"]
    assert sorted(files(corpus / "release")) == ["README.md", "SHA256SUMS", *parts, "recipe.toml"]
    assert len(records(corpus / "release")) == 24
    assert {r["red_pajama_subset"] for r in records(corpus / "release")} == {"c4", "github"}


def test_sha256sum_agrees(corpus):
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=corpus / "release", check=False)

    assert done.returncode == 0


def test_two_corpora_of_the_same_have_the_same_bytes(made, tmp_path):
    assert files(corpora.example(tmp_path / "again")) == files(made)


def test_content_sha256_is_what_the_documentation_says(corpus):
    lines = b""
    for part in ("c4/part-00000", "c4/part-00002", "github/part-00000"):
        text = zstd.decompress((corpus / f"release/{part}.jsonl.zst").read_bytes())
        lines += f"{part} {hashlib.sha256(text).hexdigest()}\n".encode()

    assert Corpus(str(corpus)).manifest.content_sha256 == hashlib.sha256(lines).hexdigest()


def test_content_sha256_depends_on_every_record_and_its_slice():
    receipts = {"c4": [{"rows": 1, "records_sha256": "00"}], "book": [{"rows": 0, "records_sha256": "11"}]}
    digest = checksums.content_sha256(receipts)

    assert checksums.content_sha256({"c4": receipts["c4"]}) == digest  # a file without records says nothing
    assert checksums.content_sha256({"book": receipts["c4"]}) != digest
    assert checksums.content_sha256({"c4": [{"rows": 1, "records_sha256": "01"}]}) != digest
    assert checksums.content_sha256({"c4": [receipts["book"][0], *receipts["c4"]]}) != digest


def test_publishing_again_replaces_what_lies_there(corpus):
    before = files(corpus / "release")
    (corpus / "release/c4/part-00000.jsonl.zst").unlink()
    (corpus / "release/stray").write_text("")
    (corpus / "release.tmp").mkdir()
    (corpus / "release.tmp/half").write_text("")

    assert release(str(corpus)) == [str(corpus / "release")]
    assert files(corpus / "release") == before
    assert not {"release.tmp", "release.old"} & set(os.listdir(corpus))


def test_a_file_system_without_links_gets_copies(corpus, monkeypatch):
    before = files(corpus / "release")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    release(str(corpus))

    assert files(corpus / "release") == before


def test_a_missing_shard_is_named_and_the_old_release_stays(corpus):
    before = files(corpus / "release")
    (corpus / "stages/release-0/c4/part-00000.jsonl.zst").unlink()
    with pytest.raises((CorpusError, OSError)):
        release(str(corpus))

    assert files(corpus / "release") == before


def test_parquet_is_read_by_duckdb_and_pyarrow_and_holds_the_same_records(corpus):
    (directory,) = release(str(corpus), form="parquet")

    rows = duckdb.sql(f"SELECT * FROM '{directory}/*/*.parquet' ORDER BY id").fetchall()
    expected = {r["meta"]["id"]: r for r in records(corpus / "release")}
    assert len(rows) == 24
    for row in pq.ParquetDataset(sorted(map(str, pathlib.Path(directory).rglob("*.parquet")))).read().to_pylist():
        record = expected[row["id"]]
        assert (row["text"], row["red_pajama_subset"]) == (record["text"], record["red_pajama_subset"])
        assert json.loads(row["meta"]) == record["meta"]


def test_json_lines_are_read_by_duckdb(corpus):
    query = f"SELECT red_pajama_subset, count(*), sum(meta.num_tokens) FROM read_json('{corpus}/release/*/*.zst') GROUP BY 1"

    assert sorted(duckdb.sql(query).fetchall()) == [("c4", 23, 136), ("github", 1, 7)]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_whatever_the_form_the_digest_of_the_records_is_the_same(corpus, form):
    release(str(corpus), form=form, sample=1.0)
    stages = [p for p in (corpus / "stages").iterdir() if p.name.startswith("release-") and p.name != "release-0"]
    receipts = {
        name: [json.loads(p.read_text()) for stage in stages for p in sorted((stage / name).glob("*.json"))]
        for name in ("c4", "github")
    }

    assert checksums.content_sha256(receipts) == Corpus(str(corpus)).manifest.content_sha256


def test_samples_are_parts_of_larger_ones_and_of_the_release(corpus):
    directories = [release(str(corpus), sample=share)[0] for share in (0.01, 0.1, 0.5)]
    found = [ids(directory) for directory in [*directories, corpus / "release"]]

    assert found[0] <= found[1] <= found[2] <= found[3]
    assert [len(f) for f in found] == [1 + 1, 3 + 1, 12 + 1, 23 + 1]


def test_a_sample_is_of_each_crawl(tmp_path):
    def shard(dump: str, count: int, crawl: str | None = None) -> corpora.Shard:
        rows = [corpora.row(f"page {i} of {dump}", meta={"crawl": crawl}) for i in range(count)]
        return corpora.Shard(dump=dump, rows=rows)

    shards = [
        shard("CC-MAIN-20230126210844-20230127000844-00000.warc.gz", 10, "CC-MAIN-2023-06"),
        shard("CC-MAIN-20230209210844-20230209230844-00001.warc.gz", 10, "CC-MAIN-2023-06"),
        shard("CC-MAIN-20200812000000-20200812030000-00001.warc.gz", 5),
        shard("2019-30/crawl-data/CC-MAIN-2019-30/x.wet.gz", 1),
        shard("odd.warc.gz", 0),
    ]
    corpus = corpora.make(tmp_path / "corpus", {"common_crawl": shards})
    (directory,) = release(str(corpus), sample=0.1)

    dumps = [r["meta"]["locator"]["dump"] for r in records(directory)]
    assert len(dumps) == 2 + 1 + 1
    assert sum(d.startswith("CC-MAIN-2023") for d in dumps) == 2


def test_the_seed_chooses_another_sample(tmp_path):
    rows = [corpora.row(f"document {i}") for i in range(100)]
    found = []
    for seed in (1, 2, -3):
        recipe = corpora.RECIPE.replace("seed = 1", f"seed = {seed}")
        corpus = corpora.make(tmp_path / str(seed), {"c4": [corpora.Shard(dump="d", rows=rows)]}, recipe=recipe)
        found.append(ids(release(str(corpus), sample=0.2)[0]))

    assert [len(f) for f in found] == [20, 20, 20]
    assert found[0] != found[1] != found[2]


def test_sizes_of_samples_are_counted_in_decimal():
    assert samples.size(0.07, 100) == 7  # binary floating point says 7.000000000000001
    assert [samples.size(0.001, n) for n in (0, 1, 1000, 1001)] == [0, 1, 1, 2]
    assert samples.size(1.0, 5) == 5


@pytest.mark.parametrize(
    ("dump", "expected"),
    [
        ("CC-MAIN-2023-06/segments/x.warc.gz", "common_crawl/2023-06"),
        ("CC-MAIN-20230126210844-20230127000844-00000.warc.gz", "common_crawl/2023-01"),
        ("mine.warc.gz", "common_crawl"),
    ],
)
def test_the_crawl_is_what_the_dump_says_or_is_called(dump, expected):
    assert samples.stratum("common_crawl", dump, "CC-MAIN-2021-04") == "common_crawl/2021-04"
    assert samples.stratum("common_crawl", dump) == expected
    assert samples.stratum("c4", dump) == "c4"


def test_a_sample_is_made_once(corpus, monkeypatch):
    first = files(pathlib.Path(release(str(corpus), sample=0.5)[0]))
    monkeypatch.setattr(writers, "write_part", None)

    assert files(pathlib.Path(release(str(corpus), sample=0.5)[0])) == first


@pytest.mark.parametrize("options", [{"form": "csv"}, {"sample": 0.0}, {"sample": 1.5}])
def test_wrong_options_are_refused(corpus, options):
    with pytest.raises(UsageError):
        release(str(corpus), **options)


def test_no_corpus_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="is no corpus"):
        release(str(tmp_path))


def test_the_card_tells_what_is_there(corpus):
    card = (corpus / "release/README.md").read_text()

    assert card.startswith('---\npretty_name: "mine, built with RedPyjama"\nlicense:\n- cc-by-4.0\n- mit\n- unknown\n')
    assert "size_categories:\n- n<1K\n" in card
    assert '- config_name: github\n  data_files:\n  - split: train\n    path: "github/*.jsonl.zst"\n' in card
    assert "- config_name: github\n  features:\n  - name: text\n" in card
    assert '- config_name: default\n  data_files:\n  - split: train\n    path: "*/*.jsonl.zst"\n' in card
    assert "| **all** |  | 24 | 724 | 143 | 100.00 % | 5.06 |" in card
    assert "| `c4` | `too_short` | two words say nothing | 1 |" in card
    assert "| `c4` | 3 | 300 | 26 | 23 | 2 | 1 |" in card
    assert Corpus(str(corpus)).manifest.content_sha256 in card


def test_the_card_of_a_sample_says_so_and_counts_itself(corpus):
    (directory,) = release(str(corpus), sample=0.1, form="parquet")
    card = (pathlib.Path(directory) / "README.md").read_text()

    assert "This is a sample: 0.1 of the documents" in card
    assert "read_parquet('*/*.parquet')" in card
    assert "4 documents" in card
