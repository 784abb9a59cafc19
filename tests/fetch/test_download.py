"""A file comes whole, or not at all, from servers of all kinds."""

from __future__ import annotations

import hashlib
import os

import pytest

from redpyjama import limits
from redpyjama.errors import InputError
from redpyjama.fetch import download as module
from redpyjama.fetch.download import Failed, Patience, Wanted, download, get
from tests.fetch.server import File, cut, redirect, status

DATA = os.urandom(300_000)
QUICK = Patience(tries=3, pause=0.01, longest=0.05, timeout=2)


def wanted(server, name="file.bin", **values) -> Wanted:
    return Wanted(slice="c4", url=f"{server.url}/{name}", path=f"c4/{name}", **values)


def fetched(server, folder, file, *, name="file.bin", **options) -> dict:
    server.files[f"/{name}"] = file
    return download(wanted(server, name, **options.pop("wanted", {})), str(folder), patience=QUICK, **options)


def left(folder) -> list[str]:
    return sorted(name for _, _, names in os.walk(folder) for name in names)


def test_a_file_comes_and_comes_no_second_time(server, tmp_path):
    told = []
    file = fetched(server, tmp_path, File(DATA), told=told.append)

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA
    assert file == {
        "path": "c4/file.bin", "url": f"{server.url}/file.bin", "bytes": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest(),
    }  # fmt: skip
    assert sum(told) == len(DATA)
    assert fetched(server, tmp_path, File(DATA)) == file
    assert len(server.requests) == 1
    assert left(tmp_path) == ["file.bin"]


def test_a_cut_connection_is_gone_on_with_from_where_it_was(server, tmp_path):
    fetched(server, tmp_path, File(DATA, troubles=[cut(100_000), cut(50_000)]))

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA
    starts = [headers.get("Range") for _, headers in server.requests]
    assert starts == [None, "bytes=100000-", "bytes=150000-"]
    assert server.requests[1][1]["If-Range"] == '"v1"'


def test_what_a_killed_run_left_is_gone_on_with(server, tmp_path):
    with pytest.raises(Failed):
        fetched(server, tmp_path, File(DATA, troubles=[cut(1000), *[status(404)] * 9]))
    assert left(tmp_path) == ["file.bin.part", "file.bin.part.json"]
    server.requests.clear()

    fetched(server, tmp_path, File(DATA))

    assert [headers.get("Range") for _, headers in server.requests] == ["bytes=1000-"]
    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA


def test_another_version_is_downloaded_from_its_beginning(server, tmp_path):
    with pytest.raises(Failed):
        fetched(server, tmp_path, File(os.urandom(300_000), troubles=[cut(1000), *[status(404)] * 9]))

    fetched(server, tmp_path, File(DATA, etag='"v2"'))

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA


@pytest.mark.parametrize("file", [File(DATA, ranges=False), File(DATA, etag=None), File(DATA, etag='W/"weak"')])
def test_servers_without_ranges_or_versions_begin_anew(server, tmp_path, file):
    file.troubles = [cut(100_000)]
    fetched(server, tmp_path, file)

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA


def test_a_busy_server_is_given_the_time_that_it_asks_for(server, tmp_path):
    pauses: list[float] = []
    troubles = [status(429, Retry_After="1"), status(503), status(500)]
    file = File(DATA, troubles=troubles[:2])
    server.files["/file.bin"] = file
    patience = Patience(tries=4, pause=0.01, longest=2.0, timeout=2)
    download(wanted(server), str(tmp_path), patience=patience, sleep=pauses.append)

    assert pauses[0] == 1
    assert 0.01 <= pauses[1] <= 0.02
    server.files["/file.bin"] = File(DATA, troubles=[status(429, Retry_After="86400")])
    (tmp_path / "c4" / "file.bin").unlink()
    download(wanted(server), str(tmp_path), patience=patience, sleep=pauses.append)
    assert pauses[-1] == 2


def test_a_server_that_stays_busy_is_given_up(server, tmp_path):
    with pytest.raises(Failed, match="the server answers 503; given up after 3 tries"):
        fetched(server, tmp_path, File(DATA, troubles=[status(503)] * 9))
    assert len(server.requests) == 3


def test_progress_gives_new_tries(server, tmp_path):
    fetched(server, tmp_path, File(DATA, troubles=[cut(1000)] * 8))

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA


def test_a_missing_file_is_asked_for_once(server, tmp_path):
    with pytest.raises(Failed, match="404"):
        download(wanted(server, "nowhere"), str(tmp_path), patience=QUICK)
    assert len(server.requests) == 1


def test_a_wrong_checksum_is_tried_again_and_then_reported(server, tmp_path):
    right = {"sha1": hashlib.sha1(DATA).hexdigest(), "md5": hashlib.md5(DATA).hexdigest().upper()}
    other = lambda handler, file: handler.serve(File(b"x" * len(DATA)))  # noqa: E731

    fetched(server, tmp_path, File(DATA, troubles=[other]), wanted={"checksums": right})
    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA

    with pytest.raises(Failed, match="another size or checksum"):
        fetched(server, tmp_path, File(b"y"), name="b", wanted={"checksums": right})
    assert left(tmp_path) == ["file.bin"]


def test_a_damaged_file_that_is_there_comes_anew(server, tmp_path):
    right = {"sha1": hashlib.sha1(DATA).hexdigest()}
    (tmp_path / "c4").mkdir()
    (tmp_path / "c4" / "file.bin").write_bytes(DATA[:-1] + b"?")

    fetched(server, tmp_path, File(DATA), wanted={"checksums": right})

    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA


def test_no_more_comes_than_there_should_be(server, tmp_path, monkeypatch):
    with pytest.raises(Failed, match="larger than the 1,000 bytes"):
        fetched(server, tmp_path, File(DATA), wanted={"num_bytes": 1000})
    monkeypatch.setattr(limits, "MAX_FETCHED_FILE", 5000)
    with pytest.raises(Failed, match="larger than the 5,000 bytes"):
        fetched(server, tmp_path, File(DATA), name="b")


def test_a_content_length_that_is_too_long_is_a_cut(server, tmp_path):
    def lies(handler, file):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(file.data) + 10))
        handler.end_headers()
        handler.wfile.write(file.data)
        handler.close_connection = True

    with pytest.raises(Failed, match="given up"):
        fetched(server, tmp_path, File(DATA, troubles=[lies] * 9))


def test_redirects_are_followed_on_this_machine_and_to_https_alone(server, tmp_path):
    server.files["/real"] = File(DATA)
    fetched(server, tmp_path, File(b"", troubles=[redirect("/real")]))
    assert (tmp_path / "c4" / "file.bin").read_bytes() == DATA

    for place in ("http://example.com/x", "ftp://127.0.0.1/x", "file:///etc/passwd"):
        with pytest.raises(Failed, match=r"not https|answers 302"):
            fetched(server, tmp_path, File(b"", troubles=[redirect(place)]), name="b")
    loop = File(b"", troubles=[redirect("/loop")] * 99)
    with pytest.raises(Failed):
        fetched(server, tmp_path, loop, name="loop")
    assert len(loop.troubles) > 80


def test_a_silent_server_is_no_longer_waited_for(server, tmp_path):
    import time

    patience = Patience(tries=1, pause=0.01, longest=0.01, timeout=0.2)
    server.files["/file.bin"] = File(DATA, troubles=[lambda handler, file: time.sleep(1)])
    with pytest.raises(Failed, match="given up after 1 tries"):
        download(wanted(server), str(tmp_path), patience=patience)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\0b", ".."])
def test_nothing_is_written_outside_of_the_folder(server, tmp_path, path):
    (tmp_path / "in").mkdir()
    with pytest.raises((InputError, ValueError)):
        download(Wanted(slice="c4", url=f"{server.url}/x", path=path), str(tmp_path / "in"), patience=QUICK)
    assert left(tmp_path) == []
    assert server.requests == []


def test_a_link_in_the_folder_leads_nowhere_else(server, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "c4").symlink_to("/tmp")
    with pytest.raises(InputError, match="out of the folder"):
        fetched(server, tmp_path / "in", File(DATA))


def test_lists_are_small(server):
    server.files["/list"] = File(b"x" * 100, troubles=[status(503)])
    assert get(f"{server.url}/list", patience=QUICK) == b"x" * 100
    with pytest.raises(Failed, match="larger than 99"):
        get(f"{server.url}/list", patience=QUICK, most=99)


def test_servers_are_told_who_asks(server, tmp_path):
    fetched(server, tmp_path, File(DATA))

    assert server.requests[0][1]["User-Agent"] == module.USER_AGENT
