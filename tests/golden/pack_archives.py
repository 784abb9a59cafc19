"""Packs the sample's repositories, e-prints and books, from the folders and files of the authored sources."""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import re
import tarfile
import tomllib
import zipfile

from tests.golden import records
from tests.golden.records import AUTHORED

ROOT = pathlib.Path(__file__).resolve().parents[2]
_MTIME = 1793491200
"""2026-11-01T00:00:00Z: the day of every member."""


def _files(folder: pathlib.Path) -> list[tuple[str, bytes]]:
    """Return the files under a folder by relative name, sorted; names ending in ``.hex`` hold bytes in hexadecimal.

    A line ``<<<REPEAT n: text>>>`` stands for a line of that text n times, for lines too long to commit readably.
    """
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        data = path.read_bytes()
        if name.endswith(".hex"):
            name, data = name.removesuffix(".hex"), bytes.fromhex(data.decode())
        else:
            data = _REPEAT.sub(lambda m: m[2] * int(m[1]), data)
        found.append((name.removesuffix(".txt_"), data))
    return found


_REPEAT = re.compile(rb"<<<REPEAT (\d+): (.*?)>>>(?!>)")


def _tar(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), _MTIME, 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def _zip(files: list[tuple[str, bytes]], links: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        for name, target in links.items():
            info = zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def _extras(spec: dict[str, dict[str, str]]) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Return the members of an archive that no folder can hold: links, and names that point outside."""
    made = [_member(n, target.encode() * 0, type=tarfile.SYMTYPE, linkname=target) for n, target in spec.get("links", {}).items()]
    made += [_member(name, text.encode()) for name, text in spec.get("members", {}).items()]
    made += [_member(name, type=tarfile.FIFOTYPE) for name in spec.get("pipes", {})]
    return made


def github(folder: pathlib.Path) -> None:
    """Write one archive a repository: ``archives.toml`` names them and what they hold beyond their folder."""
    for name, spec in tomllib.loads((AUTHORED / "github" / "archives.toml").read_text("utf-8")).items():
        top = spec["top"]
        files = [(f"{top}/{path}", data) for path, data in _files(AUTHORED / "github" / spec["folder"])]
        if licence := spec.get("apache"):  # the project's own copy of that text
            files.append((f"{top}/{licence}", (ROOT / "LICENSE").read_bytes()))
        if name.endswith(".zip"):
            data = _zip(files, spec.get("links", {}))
        else:
            data = gzip.compress(_tar([_member(*file) for file in files] + _extras(spec)), 9, mtime=0)
        if cut := spec.get("keep_bytes"):
            data = data[:cut]
        (folder / name).write_bytes(data)


def arxiv(folder: pathlib.Path) -> None:
    """Write e-prints, each a tar.gz or a bare gz, and one monthly tar of the others."""
    monthly: dict[str, list[tuple[str, bytes]]] = {}
    for name, spec in tomllib.loads((AUTHORED / "arxiv" / "eprints.toml").read_text("utf-8")).items():
        source = AUTHORED / "arxiv" / spec["folder"]
        if spec["form"] == "gz":
            (_, text), = _files(source)
            data = gzip.compress(text.decode().encode(spec.get("encoding", "utf-8")), 9, mtime=0)
        elif spec["form"] == "pdf":
            (_, data), = _files(source)
        else:
            files = {path: data for path, data in _files(source)}
            order = [p for p in spec.get("order", []) if p in files] + [p for p in files if p not in spec.get("order", [])]
            data = gzip.compress(_tar([_member(path, files[path]) for path in order] + _extras(spec)), 9, mtime=0)
        if within := spec.get("within"):
            monthly.setdefault(within, []).append((name, data))
        else:
            (folder / name).write_bytes(data)
    for tar, members in monthly.items():
        top = tar.removesuffix(".tar").split("_")[-2]
        (folder / tar).write_bytes(_tar([_member(f"{top}/{name}", data) for name, data in members]))


_HEAD = """The Project Gutenberg eBook of {title}

This file imitates the layout of a Project Gutenberg eBook. The text between
the two marker lines is dedicated to the public domain (CC0) by its authors.

Title: {title}

Author: {author}

Release date: {released} [eBook #{number}]

Language: {language}

Credits: Produced for the RedPyjama sample


*** START OF THE PROJECT GUTENBERG EBOOK {upper} ***




"""
_FOOT = """



*** END OF THE PROJECT GUTENBERG EBOOK {upper} ***

    Updated editions will replace the previous one; the old editions will
    be renamed.

    Section 1. A stand-in for the licence text that follows every such book.
    Nothing of it may be left in a corpus.
"""
_OLD_HEAD = """Project Gutenberg's {title}, by {author}

This eBook is for the use of anyone anywhere at no cost and with almost no
restrictions whatsoever: a stand-in for the old header.

Title: {title}

Author: {author}

Posting Date: {released} [EBook #{number}]

Language: {language}

Character set encoding: {charset}

*** START OF THIS PROJECT GUTENBERG EBOOK {upper} ***

Produced for the RedPyjama sample



"""
_OLD_FOOT = """




End of Project Gutenberg's {title}, by {author}

*** END OF THIS PROJECT GUTENBERG EBOOK {upper} ***

***** This file should be named {name} *****

A stand-in for the old licence text.
"""


def books(folder: pathlib.Path) -> None:
    """Write Gutenberg texts (``@@@ file name``) and the epub."""
    for record in records.load("book"):
        f = record.fields
        source = AUTHORED / "book" / f["text"] if "text" in f else None
        body = source.read_text("utf-8").strip("\n") + "\n" if source else record.body + "\n"
        values = {"upper": f["title"].upper(), "name": record.key, "charset": f.get("charset", "UTF-8"), **f}
        style = f.get("style", "new")
        head, foot = {"new": (_HEAD, _FOOT), "old": (_OLD_HEAD, _OLD_FOOT), "no-end": (_HEAD, ""), "plain": ("", "")}[style]
        text = (head.format(**values) if head else "") + body + (foot.format(**values) if foot else "")
        data = text.replace("\n", (f.get("newline", "crlf") == "crlf" and "\r\n") or "\n").encode(f.get("encoding", "utf-8"))
        (folder / record.key).write_bytes(data)
    files = dict(_files(AUTHORED / "book" / "epub"))
    ordered = [("mimetype", files.pop("mimetype").strip()), *files.items()]
    (folder / "ines-arkwright_the-tin-lighthouse.epub").write_bytes(_zip(ordered, {}))


def write(folder: pathlib.Path) -> None:
    """Write the dumps of github, arxiv and book."""
    for slice_name, make in (("github", github), ("arxiv", arxiv), ("book", books)):
        target = folder / slice_name
        os.makedirs(target, exist_ok=True)
        make(target)
