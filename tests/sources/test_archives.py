from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import random
import tarfile
import zipfile

import py7zr
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.errors import InputError
from redpyjama.sources import archives, streams
from redpyjama.stage import Quarantined, Skipped

FILES = {"a.txt": b"alpha", "dir/b.txt": b"beta" * 1000, "empty": b""}


def tar_of(files: dict[str, bytes], *extra: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info in extra:
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def seven_zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()


def read(data: bytes) -> tuple[dict[str, bytes], list[Skipped | Quarantined]]:
    found: dict[str, bytes] = {}
    rest: list[Skipped | Quarantined] = []
    for member in archives.members(io.BytesIO(data), "test"):
        if isinstance(member, archives.Member):
            found[member.name] = member.read()
        else:
            rest.append(member)
    return found, rest


@pytest.mark.parametrize(
    "pack",
    [
        tar_of,
        zip_of,
        seven_zip_of,
        lambda f: gzip.compress(tar_of(f)),
        lambda f: bz2.compress(tar_of(f)),
        lambda f: lzma.compress(tar_of(f)),
        lambda f: zstd.compress(tar_of(f)),
    ],
    ids=["tar", "zip", "7z", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"],
)
def test_every_format_gives_the_same_members(pack):
    assert read(pack(FILES)) == (FILES, [])


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x", "a/../../x", "c:\\windows\\x", "..\\x", "~root/x"])
@pytest.mark.parametrize("pack", [tar_of, zip_of], ids=["tar", "zip"])
def test_a_name_that_points_outside_is_quarantined_and_the_rest_is_read(pack, name):
    found, rest = read(pack({name: b"evil", "good": b"good"}))

    assert found == {"good": b"good"}
    assert [type(r) for r in rest] == [Quarantined]
    assert "outside" in rest[0].reason


def test_links_are_skipped_and_devices_quarantined():
    link, device = tarfile.TarInfo("link"), tarfile.TarInfo("device")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE

    found, rest = read(tar_of(FILES, link, device))

    assert found == FILES
    assert [(type(r), r.record) for r in rest] == [(Skipped, "link"), (Quarantined, "device")]


def test_a_truncated_archive_gives_what_came_before_and_the_offset():
    data = tar_of({"first": b"1" * 5000, "second": b"2" * 5000})

    found: dict[str, bytes] = {}
    damage: list[str] = []
    for member in archives.members(io.BytesIO(data[:8000]), "test"):
        if isinstance(member, Quarantined):
            damage.append(member.reason)
            continue
        try:
            found[member.name] = member.read()
        except InputError as error:
            damage.append(str(error))

    assert found == {"first": b"1" * 5000}
    assert damage


def test_a_truncated_gzip_stream_gives_what_came_before():
    noise = bytes(range(256)) * 400
    data = gzip.compress(tar_of({"first": b"1" * 50, "second": noise, "third": noise[::-1]}))

    found, rest = {}, []
    for member in archives.members(io.BytesIO(data[:-200]), "test"):
        if isinstance(member, Quarantined):
            rest.append(member)
        elif member.name == "first":
            found[member.name] = member.read()

    assert found == {"first": b"1" * 50}
    assert "damaged" in rest[-1].reason


def test_a_bomb_is_stopped_by_its_ratio(monkeypatch):
    monkeypatch.setattr(limits, "MIN_BYTES_FOR_RATIO", 1 << 16)
    monkeypatch.setattr(limits, "MAX_DECOMPRESSION_RATIO", 100)

    found, rest = {}, []
    for member in archives.members(io.BytesIO(bz2.compress(tar_of({"zeros": bytes(1 << 24)}))), "bomb"):
        if isinstance(member, Quarantined):
            rest.append(member.reason)

    assert found == {}
    assert "MAX_DECOMPRESSION_RATIO" in rest[-1]


def test_a_member_beyond_the_record_limit_is_quarantined(monkeypatch):
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 1000)

    found, rest = read(zip_of({"big": b"x" * 1001, "small": b"x" * 1000}))

    assert found == {"small": b"x" * 1000}
    assert "MAX_RECORD_BYTES" in rest[0].reason


def test_something_else_is_refused():
    with pytest.raises(InputError, match="no tar, zip or 7z"):
        list(archives.members(io.BytesIO(b"hello world"), "x.tar.gz"))


def test_a_damaged_stream_delivers_the_bytes_before_the_damage():
    data = gzip.compress(b"a" * 100_000, mtime=0) + b"\x1f\x8b garbage after the first member"
    stream, kind = streams.plain(io.BytesIO(data), "x.gz")

    got = stream.read(100_000)

    assert (got, kind) == (b"a" * 100_000, "gzip")
    with pytest.raises(InputError, match="damaged"):
        stream.read()


@given(chunks=st.lists(st.binary(max_size=3000), max_size=6), padding=st.integers(0, 70_000))
def test_gzip_members_and_padding_are_read_as_one_stream(chunks, padding):
    data = b"".join(gzip.compress(c, mtime=0) + bytes(padding) for c in chunks)

    stream, _ = streams.plain(io.BytesIO(data), "x.gz")

    assert stream.read() == (b"".join(chunks) if chunks else b"")


def test_a_cut_gzip_stream_says_so():
    stream, _ = streams.plain(io.BytesIO(gzip.compress(b"a" * 100_000)[:-9]), "x.gz")

    with pytest.raises(InputError, match="ends inside a gzip member"):
        stream.read()


@pytest.mark.parametrize("make", [tar_of, zip_of, seven_zip_of], ids=["tar", "zip", "7z"])
def test_flipped_bytes_never_raise_but_for_what_is_no_archive(make):
    whole, rng = make(FILES), random.Random(1)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with contextlib.suppress(InputError):  # the signature, or a member's own data: its reader quarantines that
            for member in archives.members(io.BytesIO(bytes(data)), "x"):
                if isinstance(member, archives.Member):
                    member.read()
