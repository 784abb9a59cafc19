"""The committed sample is what its readable sources say."""

from __future__ import annotations

import bz2
import gzip
import io
import pathlib
import zipfile
import zlib

import py7zr
import pytest

from redpyjama.store import paths
from tests.golden import make_sample, records
from tests.golden.markup import to_html


def content_of(data: bytes) -> object:
    """Return what is inside, whatever compressor made it, up to where the data is cut or damaged."""
    if data.startswith(b"\x1f\x8b"):
        plain = _gunzip(data)
        return [_gunzip(plain)] if plain.startswith(b"\x1f\x8b") else plain
    if data.startswith(b"BZh"):
        return bz2.decompress(data)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(i.filename, i.date_time, i.external_attr, archive.read(i)) for i in archive.infolist()]
    if data.startswith(b"7z"):
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            names = [(info.filename, info.creationtime) for info in archive.list()]
            spool = py7zr.io.BytesIOFactory(1 << 26)
            archive.extractall(factory=spool)
            return names, {name: product.read() for name, product in spool.products.items()}
    return data


def _gunzip(data: bytes) -> bytes:
    """Decompress all members that can be; damaged ones give nothing."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        members = data.split(b"\x1f\x8b\x08\x00\x00\x00\x00\x00")
        return b"".join(_member(b"\x1f\x8b\x08\x00\x00\x00\x00\x00" + member) for member in members[1:])


def _member(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data)
    except zlib.error:
        return b""


def contents(folder: pathlib.Path) -> dict[str, object]:
    files = [p for p in paths.walk(str(folder)) if not p.endswith(".md")]
    return {str(pathlib.Path(p).relative_to(folder)): content_of(pathlib.Path(p).read_bytes()) for p in files}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample.make(folder)
    return folder


def test_the_committed_dumps_hold_what_the_sources_say(rebuilt):
    committed, made = contents(make_sample.DEMO), contents(rebuilt)

    assert sorted(committed) == sorted(made)
    changed = [name for name in made if committed[name] != made[name]]
    assert not changed, "run python -m tests.golden.make_sample and look at the difference"


def test_a_second_packing_gives_the_same_bytes(rebuilt, tmp_path):
    make_sample.make(tmp_path)

    for path in paths.walk(str(rebuilt)):
        again = tmp_path / pathlib.Path(path).relative_to(rebuilt)
        assert again.read_bytes() == pathlib.Path(path).read_bytes(), again.name


def test_the_sample_is_small():
    sizes = [pathlib.Path(p).stat().st_size for p in paths.walk(str(make_sample.DEMO))]
    assert sum(sizes) < 2_500_000


def test_a_file_of_records_is_read():
    text = "A comment.\n@@@ one\nname: value\n\nBody\n\nof it.\n@@@ two\n"
    one, two = records.parse(text, "t")
    assert (one.key, one.fields, one.body) == ("one", {"name": "value"}, "Body\n\nof it.")
    assert (two.key, two.fields, two.body) == ("two", {}, "")


def test_a_line_that_is_no_field_is_refused():
    with pytest.raises(ValueError, match="no field"):
        records.parse("@@@ one\nnot a field\n\nBody", "t")


def test_markup_becomes_html():
    assert to_html("# A *b*\n\n- one\n- `<two>`") == (
        "<h1>A <em>b</em></h1>\n<ul>\n<li>one</li>\n<li><code>&lt;two&gt;</code></li>\n</ul>"
    )
    assert to_html("```py\na < b\n\nc\n```") == '<pre><code class="language-py">a &lt; b\n\nc\n</code></pre>'
