"""The dumps of a recipe, from publishers that this machine plays."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest
from rich.console import Console

from redpyjama import cli, recipe
from redpyjama.builder import CATALOGUE
from redpyjama.errors import CorpusError, InputError, UsageError
from redpyjama.fetch import command
from redpyjama.fetch.download import Patience
from redpyjama.fetch.publishers import Choice, Publishers
from redpyjama.store import lock
from tests.fetch.server import File, status

CRAWL = "CC-MAIN-2026-42"
SITES = [f"site{i}.stackexchange.com.7z" for i in range(40)]


@pytest.fixture
def publishers(server) -> Publishers:
    def add(path: str, data: bytes) -> None:
        server.files[path] = File(data)

    warcs = [f"crawl-data/{CRAWL}/segments/1/warc/CC-{i:05}.warc.gz" for i in range(50)]
    add("/cc/index.json", json.dumps([{"id": CRAWL}, {"id": "CC-MAIN-2026-38"}]).encode())
    add(f"/cc/crawl-data/{CRAWL}/warc.paths.gz", gzip.compress("\n".join(warcs).encode()))
    for path in warcs:
        add(f"/cc/{path}", path.encode())
    for i in range(1024):
        add(f"/c4/c4-train.{i:05}-of-01024.json.gz", b"c4 %d" % i)
    names = [f"enwiki-20261101-pages-articles{i}.xml-p{i}p{i + 1}.bz2" for i in range(1, 9)]
    names += ["enwiki-20261101-pages-articles.xml.bz2", "enwiki-20261101-stub.xml.gz"]
    sums = [f"{hashlib.sha1(name.encode()).hexdigest()}  {name}" for name in names]
    add("/wm/enwiki/latest/enwiki-latest-sha1sums.txt", "\n".join(sums).encode())
    for name in names:
        add(f"/wm/enwiki/20261101/{name}", name.encode())
    listed = [{"name": name, "size": str(len(name)), "md5": hashlib.md5(name.encode()).hexdigest()} for name in SITES]
    listed += [{"name": "site1.meta.stackexchange.com.7z", "size": "9"}, {"name": "readme.txt", "size": "3"}]
    add("/ia/metadata/stackexchange", json.dumps({"files": listed}).encode())
    for name in SITES:
        add(f"/ia/download/stackexchange/{name}", name.encode())
    books = "Text#,Type,Title\n" + "".join(f'{i},{"Text" if i % 5 else "Sound"},"A, b"\n' for i in range(1, 60))
    add("/pg/cache/epub/feeds/pg_catalog.csv.gz", gzip.compress(books.encode()))
    for i in range(1, 60):
        add(f"/pg/cache/epub/{i}/pg{i}.txt", b"book %d" % i)
    return Publishers(
        common_crawl=f"{server.url}/cc", common_crawl_index=f"{server.url}/cc/index.json", c4=f"{server.url}/c4",
        wikimedia=f"{server.url}/wm", archive=f"{server.url}/ia", gutenberg=f"{server.url}/pg",
    )  # fmt: skip


LOADED = recipe.load("redpyjama-1", CATALOGUE)
QUICK = Patience(tries=2, pause=0.01, longest=0.02, timeout=2)


def run(folder, publishers, **options) -> dict:
    console = Console(file=io.StringIO(), width=120)
    options = {"sample": 0.05, "seconds_between": 0, "patience": QUICK, **options}
    return command.run(LOADED, str(folder), console, publishers=publishers, **options)


def test_a_sample_of_all_slices_comes_with_its_checksums_and_the_command_to_build_it(tmp_path, publishers):
    outcome = run(tmp_path, publishers)

    assert outcome["failed"] == []
    assert {file["slice"] for file in outcome["fetched"]} == {
        "common_crawl",
        "c4",
        "book",
        "wikipedia",
        "stackexchange",
    }
    for file in outcome["fetched"]:
        data = (tmp_path / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert json.loads((tmp_path / "fetched.json").read_text())["files"] == outcome["fetched"]
    assert {slice_["slice"] for slice_ in outcome["explained"]} == {"github", "arxiv"}
    assert outcome["build"].startswith(f"redpyjama build redpyjama-1 --inputs common_crawl='{tmp_path}/common_crawl/*/")
    names = [file["path"] for file in outcome["fetched"]]
    assert not any("meta" in name or "stub" in name for name in names)


def test_what_is_there_is_not_asked_for_again(tmp_path, publishers, server):
    first = run(tmp_path, publishers)
    server.requests.clear()

    assert run(tmp_path, publishers)["fetched"] == first["fetched"]
    assert not [path for path, _ in server.requests if path.endswith((".7z", ".bz2", ".txt", ".warc.gz", ".json.gz"))
                and "latest" not in path]  # fmt: skip


def test_the_choice_is_the_same_every_time_and_a_greater_one_has_all_of_it():
    names = [f"name{i}" for i in range(2000)]
    few, more = (Choice(recipe=LOADED, share=share).of(reversed(names)) for share in (0.05, 0.2))

    assert set(few) < set(more)
    assert 60 < len(few) < 140
    assert Choice(recipe=LOADED, share=1e-9).of(names) == Choice(recipe=LOADED, share=1e-8).of(names)
    assert len(Choice(recipe=LOADED, share=1e-9).of(names)) == 1


def test_a_list_downloads_no_dump(tmp_path, publishers, server):
    outcome = run(tmp_path / "to", publishers, only_list=True)

    assert outcome["wanted"]
    assert outcome["fetched"] == []
    assert not (tmp_path / "to").exists()


def test_a_file_that_fails_stops_no_other(tmp_path, publishers, server):
    path = "/" + run(tmp_path, publishers, slices=["c4"], only_list=True)["wanted"][0]["url"].split("/", 3)[3]
    server.files[path].troubles = [status(503)] * 5

    outcome = run(tmp_path, publishers, slices=["c4"])

    assert [file["reason"] for file in outcome["failed"]] == ["the server answers 503; given up after 2 tries"]
    assert len(outcome["fetched"]) == len(outcome["wanted"]) - 1
    server.files[path].troubles = []
    assert run(tmp_path, publishers, slices=["c4"])["failed"] == []


def test_what_does_not_make_sense_is_refused(tmp_path, publishers, server):
    with pytest.raises(UsageError, match="did you mean 'wikipedia'"):
        run(tmp_path, publishers, slices=["wikipdia"])
    with pytest.raises(UsageError, match="not in"):
        run(tmp_path, publishers, sample=0)
    with pytest.raises(UsageError, match="is no crawl"):
        run(tmp_path, publishers, slices=["common_crawl"], crawls=["../x"])
    server.files["/wm/enwiki/latest/enwiki-latest-sha1sums.txt"].data = b"<html>moved</html>"
    with pytest.raises(InputError, match="not what it used to be"):
        run(tmp_path, publishers, slices=["wikipedia"])
    del server.files["/pg/cache/epub/feeds/pg_catalog.csv.gz"]
    with pytest.raises(InputError, match=r"slice book: .*404"):
        run(tmp_path, publishers, slices=["book"])


def test_two_downloads_in_one_folder_and_a_disk_that_is_too_small(tmp_path, publishers, monkeypatch):
    with lock.hold(str(tmp_path)), pytest.raises(CorpusError, match="another"):
        run(tmp_path, publishers)
    from redpyjama.fetch import run as running

    monkeypatch.setattr(running, "MARGIN", 1 << 60)
    with pytest.raises(CorpusError, match="GB free"):
        run(tmp_path, publishers)


def test_names_in_lists_lead_nowhere(tmp_path, publishers, server):
    listed = {"files": [{"name": "../../x.7z", "size": "3"}]}
    server.files["/ia/metadata/stackexchange"].data = json.dumps(listed).encode()

    with pytest.raises(InputError, match="out of the folder"):
        run(tmp_path / "in", publishers, slices=["stackexchange"])
    assert not list(tmp_path.rglob("*.7z*"))


def test_the_command_line(tmp_path, publishers, monkeypatch, capsys):
    monkeypatch.setattr(command, "Publishers", lambda: publishers)
    options = ["fetch", "redpyjama-1", "--to", str(tmp_path), "--slices", "c4", "github", "--sample", "0.002"]

    assert cli.run(options) == 0
    shown = capsys.readouterr().err
    assert "files," in shown
    assert "BigQuery" in shown
    assert "redpyjama build redpyjama-1" in shown
    assert cli.run([*options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failed"] == []
    assert cli.run([*options, "--list"]) == 0
    assert "/c4/c4-train" in capsys.readouterr().err
