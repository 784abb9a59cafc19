"""One e-print as arXiv stores it: what it is made of, and the LaTeX project in it.

An e-print is a tar, mostly gzipped, or a single gzipped file: TeX, but also PDF, PostScript or HTML. Figures are passed
over unread.
"""

from __future__ import annotations

import io
import posixpath
import re
from dataclasses import dataclass, field
from typing import IO

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import archives, streams
from redpyjama.sources.latex import latex_project, latex_source
from redpyjama.stage import Quarantined

_TEX_SUFFIXES = frozenset(("", ".tex", ".ltx", ".latex", ".sty", ".bbl", ".inc", ".inp", ".txt"))
_OTHER_KINDS = {".pdf": "pdf", ".ps": "postscript", ".eps": "figure", ".html": "html", ".htm": "html"}
_NESTED = re.compile(r"\.(zip|tar|tgz|tar\.gz|tar\.bz2|tar\.xz|7z|tex\.gz)$", re.IGNORECASE)
_IGNORED = re.compile(r"(^|/)(\._|__MACOSX/|\.DS_Store$|\.git/|\.svn/)")
"""What macOS and version control leave in archives; "._main.tex" is binary and beside "main.tex"."""
_README = re.compile(r"^00README(\.(XXX|json|ya?ml|txt))?$", re.IGNORECASE)
_MAX_TEXT_INPUT = 1 << 16
r"""A larger ``.txt`` is data or a letter to the editor, and nothing that a paper inputs."""


@dataclass(slots=True)
class EPrint:
    """What an e-print is made of.

    Attributes:
        files: Name -> bytes of what may be TeX, in archive order.
        readmes: Name -> text of arXiv's own control files.
        kinds: What else was there: "pdf", "postscript", "html".
        bad: Members that must not or cannot be read.
        num_files: All files in it.
    """

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    readmes: dict[str, str] = field(default_factory=dict[str, str])
    kinds: set[str] = field(default_factory=set[str])
    bad: list[Quarantined] = field(default_factory=list[Quarantined])
    num_files: int = 0


def load(stream: IO[bytes], name: str) -> EPrint:
    """Take an e-print apart.

    Args:
        stream: Its bytes, seekable.
        name: What it is called; a single file without name of its own is called by it.

    Raises:
        InputError: It is damaged and nothing of it could be read.
        LimitExceeded: It is too large, or packed far too well.
    """
    eprint = EPrint()
    nested = _load(stream, name, "", eprint)
    for _ in range(limits.MAX_ARCHIVE_NESTING - 1):
        if not nested or _has_tex(eprint):
            break
        found = [_load(io.BytesIO(data), inner, posixpath.dirname(inner), eprint) for inner, data in nested.items()]
        nested = {inner: data for level in found for inner, data in level.items()}
    if not eprint.files and not eprint.kinds and eprint.bad:
        raise InputError(name, eprint.bad[0].reason)
    return eprint


def _has_tex(eprint: EPrint) -> bool:
    return any(b"\\document" in data for data in eprint.files.values())


def _load(stream: IO[bytes], name: str, folder: str, eprint: EPrint) -> dict[str, bytes]:
    """Add a file to *eprint*; return the archives in it."""
    head = stream.read(512)
    stream.seek(0)
    if not archives.is_archive(head):
        plain, kind = streams.plain(stream, name)
        if not archives.is_archive(plain.peek(512)[:512]):
            _add_single(plain.read(limits.MAX_RECORD_BYTES + 1), name, kind, eprint)
            return {}
        stream.seek(0)
    nested: dict[str, bytes] = {}
    total = 0
    for member in archives.members(stream, name):
        if isinstance(member, Quarantined):
            eprint.bad.append(member)
            continue
        if not isinstance(member, archives.Member) or _IGNORED.search(member.name):
            continue
        eprint.num_files += 1
        path = posixpath.normpath(posixpath.join(folder, member.name))
        is_nested = bool(_NESTED.search(path))
        if not is_nested and not _is_wanted(path, member.num_bytes, eprint):
            continue
        total += member.num_bytes
        if total > limits.MAX_RECORD_BYTES:
            raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, total)
        try:
            data = member.read()
        except (InputError, LimitExceeded) as error:
            eprint.bad.append(Quarantined(str(error), path, member.offset))
            continue
        if is_nested:
            nested[path] = data
        else:
            _add(path, data, eprint)
    return nested


def _is_wanted(path: str, num_bytes: int, eprint: EPrint) -> bool:
    suffix = posixpath.splitext(path)[1].lower()
    if _README.match(posixpath.basename(path)):
        return True
    if suffix in _OTHER_KINDS:
        eprint.kinds.add(_OTHER_KINDS[suffix])
    return suffix in _TEX_SUFFIXES and (suffix != ".txt" or num_bytes <= _MAX_TEXT_INPUT)


def _add(path: str, data: bytes, eprint: EPrint) -> None:
    if _README.match(posixpath.basename(path)):
        eprint.readmes[path] = latex_source.decode(data)[0]
    elif posixpath.splitext(path)[1] or b"\0" not in data[:1024]:
        eprint.files.setdefault(path, data)


def _add_single(data: bytes, name: str, kind: str, eprint: EPrint) -> None:
    if len(data) > limits.MAX_RECORD_BYTES:
        raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, len(data))
    eprint.num_files += 1
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").lower()
    if start.startswith(b"%pdf"):
        eprint.kinds.add("pdf")
    elif start.startswith((b"%!ps", b"%!")) or b"%!ps-adobe" in start[:64]:
        eprint.kinds.add("postscript")
    elif start.startswith((b"<!doctype", b"<html", b"<?xml")):
        eprint.kinds.add("html")
    elif b"\\" not in data and (b"\0" in data or not data.strip()):
        eprint.kinds.add("binary" if data.strip() else "empty")
    else:
        stem = posixpath.basename(name)
        stem = stem[: stem.rindex(".")] if kind != "plain" and "." in stem else stem
        eprint.files[stem if stem.endswith(".tex") else stem + ".tex"] = data


@dataclass(slots=True)
class Project:
    """The LaTeX project in an e-print.

    Attributes:
        files: Name -> text without comments.
        repairs: Name -> how many characters had to be replaced.
        roots: Its documents, the paper first; empty where there is no TeX.
    """

    files: dict[str, str]
    repairs: dict[str, int]
    roots: list[str]


def project(eprint: EPrint) -> Project:
    """Decode an e-print and find the paper in it."""
    declared = next(filter(None, map(latex_source.declared_encoding, eprint.files.values())), None)
    files: dict[str, str] = {}
    repairs: dict[str, int] = {}
    for name, data in eprint.files.items():
        text, repairs[name] = latex_source.decode(data, declared)
        files[name] = latex_source.strip_comments(text)
    toplevel, ignored = latex_project.named_by_author(eprint.readmes)
    return Project(files, repairs, latex_project.roots(files, toplevel=toplevel, ignored=ignored))
