"""Whole builds of inputs that nobody here wrote."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile

import pytest

import redpyjama as rp
from redpyjama import cli

KINDS = {
    "common_crawl": "commoncrawl",
    "c4": "c4",
    "arxiv": "arxiv",
    "book": "books",
    "wikipedia": "wikipedia",
    "stackexchange": "stackexchange",
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("realdata")]


@pytest.fixture(scope="module")
def corpus(realdata, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real") / "corpus"
    inputs = {name: [str(realdata / kind)] for name, kind in KINDS.items()}
    rp.build("redpyjama-1", inputs, str(folder), workers=2)
    return folder


def manifest_of(folder):
    return json.loads((folder / "corpus.json").read_text())


def quarantined(folder, name):
    lines = (folder / "quarantine" / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_slice_adds_up_and_keeps_something(corpus):
    for name, counts in manifest_of(corpus)["slices"].items():
        assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"], name
        assert counts["kept"] > 0, name
        assert counts["quarantined"] == len(quarantined(corpus, name)), name


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("common_crawl", "bad.arc"),
        ("common_crawl", "badexample.arc.gz"),
        ("common_crawl", "clipped.warc.gz"),
        ("common_crawl", "example-trunc.warc"),
        ("wikipedia", "zhwiki-broken-1.xml"),
        ("wikipedia", "zhwiki-broken-3.xml"),
    ],
)
def test_what_is_broken_is_quarantined_with_offset_and_reason(corpus, name, file):
    found = [q for q in quarantined(corpus, name) if q["file"].endswith(file)]

    assert found
    assert all(q["reason"] and isinstance(q["offset"], int) for q in found)


def test_readable_records_of_broken_dumps_are_kept_in_the_tables(corpus):
    query = "SELECT locator.dump, count(*) FROM documents WHERE slice = 'common_crawl' GROUP BY 1"
    documents = dict(rp.Corpus(str(corpus)).sql(query).fetchall())

    assert documents["warcfile.warc.lz4"] > 5
    assert documents["pages.warc.gz"] > 900


def test_no_document_has_a_lone_surrogate_or_shares_its_id(corpus):
    count, ids = rp.Corpus(str(corpus)).sql("SELECT count(*), count(DISTINCT id) FROM documents").fetchall()[0]

    assert count == ids


def test_verify_passes_and_a_flipped_byte_is_named(corpus, tmp_path, capsys):
    assert cli.run(["verify", str(corpus)]) == 0
    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    victim = sorted((copy / "stages").rglob("part-*.parquet"))[7]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)

    assert cli.run(["verify", str(copy)]) == 1

    assert str(victim.relative_to(copy)) in capsys.readouterr().err


def test_one_and_five_workers_write_the_same_bytes(realdata, tmp_path):
    inputs = {name: [str(realdata / KINDS[name])] for name in ("wikipedia", "stackexchange", "book")}

    made = [rp.build("redpyjama-1", inputs, str(tmp_path / str(n)), workers=n).content_sha256 for n in (1, 5)]

    assert made[0] == made[1]


@pytest.fixture(scope="module")
def sdists(tmp_path_factory):
    """Source distributions by name, MIT and BSD ones with C inside and a GPL one; and one of ours without any licence."""
    folder = tmp_path_factory.mktemp("sdists")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "--no-binary"]
    downloads = [
        subprocess.Popen([*command, name, name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ("attrs", "markupsafe", "hiredis", "textdistance", "Unidecode")
    ]
    for download in downloads:
        download.wait(timeout=300)
    if len(list(folder.iterdir())) < len(downloads):
        pytest.skip("no package index in reach: source distributions cannot be downloaded")
    with tarfile.open(folder / "unlicensed-1.0.tar.gz", "w:gz") as archive:
        data = b"def nobody_may_use_this():\n    return 'without a licence there is no permission'\n"
        info = tarfile.TarInfo("unlicensed-1.0/module.py")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return folder


def test_only_permissive_code_is_released(sdists, tmp_path):
    rp.build("redpyjama-1", {"github": [str(sdists)]}, str(tmp_path / "code"), workers=2)

    corpus = rp.Corpus(str(tmp_path / "code"))
    by_dump = corpus.sql("SELECT locator.dump, keep, licence, count(*) FROM corpus GROUP BY ALL").fetchall()
    kept = {dump.partition("-")[0].lower() for dump, keep, *_ in by_dump if keep}
    assert kept == {"attrs", "markupsafe", "hiredis", "textdistance"}
    assert not [row for row in by_dump if row[1] and (row[2] is None or "GPL" in row[2])]
    assert {row[2] for row in by_dump if row[0].startswith("unlicensed")} == {None}
