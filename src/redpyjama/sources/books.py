"""Books: plain texts of Project Gutenberg, PG19 and Aozora Bunko, and books as XHTML (EPUB, Standard Ebooks).

A dump is a folder of texts, an archive of texts or of one book, an EPUB, or a single text. Each plain text is a
document of its own: editions of the same book are found later, by comparing what they say.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from redpyjama import limits
from redpyjama.document import Document
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import archives, base, streams
from redpyjama.sources.archives import Member
from redpyjama.sources.texts import book_texts
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source
from redpyjama.store import paths

SLICE = "book"

_TEXT = re.compile(r"\.txt(\.(gz|bz2|xz|zst))?$", re.IGNORECASE)
_PAGE = re.compile(r"\.x?html?$", re.IGNORECASE)
_OF_A_PAGED_BOOK = re.compile(r"\.(xhtml|opf)$|(^|/)(OEBPS|EPUB)/.*\.html?$|(^|/)(toc|nav)\.html?$", re.IGNORECASE)
_OTHER_FORMAT = re.compile(r"\.(x?html?|tex|asciidoc|adoc|rtf|pdf|docx?|epub|mobi|prc|lit|tei|zip)$", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(epub|zip|7z|t[gx]z|tbz2|tar(\.(gz|bz2|xz|zst))?)$", re.IGNORECASE)
_NO_BOOK = re.compile(
    r"(^|/)(readme|licen[cs]e|copying|contributing|changelog|authors|robots|requirements|manifest|index|gutindex|notice"
    r"|credits|source|sha\d*sums?|md5sums?)[^/]*\.(txt|md|rst)(\.\w+)?$",
    re.IGNORECASE,
)
_IGNORED = re.compile(r"(^|/)(\._|__MACOSX/|\.DS_Store$|\.git/)")
_BENCHMARK = re.compile(r"(^|/)(test|validation)/\d+\.txt(\.\w+)?$")
_VARIANT_FOLDER = re.compile(r"(^|/)(\d+-[a-z]|old|files|images)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksOptions:
    """Which books count.

    Attributes:
        exclude_pg19_benchmark: Leave out the 150 books on which PG19 measures models, those in folders called "test"
            and "validation". RedPajama V1 has them by mistake.
    """

    exclude_pg19_benchmark: bool = True


def dumps(inputs: list[str], options: BooksOptions) -> list[Dump]:
    """Return files as they are; of a folder its archives, each for itself, and all its texts and pages as one dump."""
    del options
    files: list[str] = []
    loose_bytes: dict[str, int] = {}
    for path in sorted(set(inputs)):
        if not paths.is_directory(path):
            files.append(path)
            continue
        inside = paths.walk(path)
        files += [f for f in inside if _ARCHIVE.search(f) or book_texts.METADATA_NAME.search(f)]
        loose = [f for f in inside if _is_loose(_relative(path, f))]
        if loose:
            loose_bytes[path] = sum(paths.size(f) for f in loose)
    found = base.name_dumps([*files, *loose_bytes])
    beside = next((dump.path for dump in found if book_texts.METADATA_NAME.search(dump.path)), "")
    return [replace(d, beside=beside, num_bytes=loose_bytes.get(d.path, d.num_bytes)) for d in found]


def _is_loose(name: str) -> bool:
    if _IGNORED.search(name) or _NO_BOOK.search(name):
        return False
    return bool(_TEXT.search(name) or _OF_A_PAGED_BOOK.search(name) or _PAGE.search(name))


def _relative(folder: str, file: str) -> str:
    return file.removeprefix(folder.rstrip("/") + "/").replace(os.sep, "/")


def parts(dump: Dump, options: BooksOptions) -> list[Part]:
    """Cut folders and archives into stripes of books; a single text is one part."""
    del options
    return [Part(dump=dump)] if _TEXT.search(dump.path) else base.stripe_parts(dump)


def read(part: Part, options: BooksOptions) -> Iterator[Document | Skipped | Quarantined]:
    """Yield the books of one part."""
    dump = part.dump
    if dump.path == dump.beside:
        yield Skipped("metadata", dump.name, 0)
    elif paths.is_directory(dump.path):
        yield from _Library(part, options).read(_folder_members(dump))
    else:
        with paths.open_input(dump.path) as stream:
            if _is_archive(stream, dump.name):
                yield from _Library(part, options).read(archives.members(stream, dump.name))
            elif base.in_sample(SLICE, part, 0, dump.name):
                name = "/".join(dump.path.replace(os.sep, "/").rsplit("/", 2)[-2:])
                yield _text(_plain_reader(stream, dump.name), name, dump.name, 0, dump.beside, options)


def _is_archive(stream: IO[bytes], name: str) -> bool:
    head = stream.read(512)
    stream.seek(0)
    if archives.is_archive(head):
        return True
    try:
        inner = streams.plain(stream, name)[0].peek(512)[:512]
    except (InputError, LimitExceeded):
        inner = b""
    stream.seek(0)
    return archives.is_archive(inner)


class _Plain:
    """Reads a whole text, plain or compressed."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name

    def __call__(self) -> bytes:
        data = streams.plain(self._stream, self._name)[0].read(limits.MAX_RECORD_BYTES + 1)
        if len(data) > limits.MAX_RECORD_BYTES:
            raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, len(data))
        return data


def _plain_reader(stream: IO[bytes], name: str) -> _Plain:
    return _Plain(stream, name)


def _folder_members(dump: Dump) -> Iterator[Member]:
    """Yield the loose texts and pages of a folder, in order of their paths."""
    for file in paths.walk(dump.path):
        name = _relative(dump.path, file)
        if _is_loose(name):

            def read(file: str = file, name: str = name) -> bytes:
                with paths.open_input(file) as stream:
                    return _plain_reader(stream, name)()

            yield Member(name, 0, paths.size(file), 0, read)


class _Library:
    """Sorts the members of a folder or archive into texts, paged books, and other forms of them.

    A page is another form of a text that lies beside it; whether one does is known at the end. Pages are kept in
    memory till then, up to a limit; paged books are put together when their folder ends.
    """

    def __init__(self, part: Part, options: BooksOptions) -> None:
        self._part = part
        self._options = options
        self._number = -1
        self._folders_with_text: set[str] = set()
        self._others: list[tuple[int, str, int, bytes]] = []
        self._others_bytes = 0
        self._paged: dict[str, bytes] = {}
        self._paged_root: str | None = None
        self._paged_first = (0, 0)
        self._paged_bytes = 0

    def read(self, members: Iterator[Member | Skipped | Quarantined]) -> Iterator[Document | Skipped | Quarantined]:
        """Yield what the members give, each in its own stripe."""
        for member in members:
            self._number += 1
            if not isinstance(member, Member):
                if self._is_mine(self._number):
                    yield member
                continue
            try:
                yield from self._member(member)
            except (InputError, LimitExceeded) as error:
                if self._is_mine(self._number):
                    yield Quarantined(str(error), member.name, member.offset)
        yield from self._paged_book()
        yield from self._other_forms()

    def _is_mine(self, number: int) -> bool:
        return number % self._part.num_stripes == self._part.stripe

    def _in_sample(self, offset: int, record: str) -> bool:
        return base.in_sample(SLICE, self._part, offset, record)

    def _member(self, member: Member) -> Iterator[Document | Skipped | Quarantined]:
        name, mine = member.name, self._is_mine(self._number)
        root = _paged_root(name)
        if root is not None:
            if root != self._paged_root:
                yield from self._paged_book()
                self._paged_root, self._paged_first = root, (self._number, member.offset)
                self._paged_bytes = 0
            self._paged_bytes += member.num_bytes
            if self._paged_bytes > limits.MAX_RECORD_BYTES:
                self._paged = {}
                raise LimitExceeded("MAX_RECORD_BYTES", limits.MAX_RECORD_BYTES, self._paged_bytes)
            self._paged[name] = member.read()
        elif _TEXT.search(name) and not _NO_BOOK.search(name) and not _IGNORED.search(name):
            self._folders_with_text.add(_book_folder(name))
            if mine and self._in_sample(member.offset, name):
                text = _Plain(io.BytesIO(member.read()), name)
                yield _text(text, name, name, member.offset, self._part.dump.beside, self._options)
        elif not mine:
            return
        elif _PAGE.search(name) and self._others_bytes + member.num_bytes <= limits.MAX_RECORD_BYTES:
            self._others.append((self._number, name, member.offset, member.read()))
            self._others_bytes += member.num_bytes
        else:
            rule = "other_format" if _OTHER_FORMAT.search(name) else "not_a_book"
            yield Skipped(rule, name, member.offset)

    def _paged_book(self) -> Iterator[Document | Skipped | Quarantined]:
        files, self._paged = self._paged, {}
        root, self._paged_root = self._paged_root, None
        number, offset = self._paged_first
        record = root or self._part.dump.name
        if files and self._is_mine(number) and self._in_sample(offset, record):
            yield book_texts.paged_document(files, record, offset)

    def _other_forms(self) -> Iterator[Document | Skipped | Quarantined]:
        for _, name, offset, page in self._others:
            if _book_folder(name) in self._folders_with_text:
                yield Skipped("other_format", name, offset)
            elif self._in_sample(offset, name):
                yield book_texts.page_document(page, name, offset)


def _book_folder(name: str) -> str:
    """Return the folder of a book: Project Gutenberg keeps "972.txt" beside "972-h/972-h.htm" and "old/dvldc10.txt"."""
    folder = name.rpartition("/")[0]
    while _VARIANT_FOLDER.search(folder):
        folder = folder.rpartition("/")[0]
    return folder


def _paged_root(name: str) -> str | None:
    """Return the folder of the paged book to which a file belongs; None if it belongs to none."""
    if not _OF_A_PAGED_BOOK.search(name) or _IGNORED.search(name):
        return None
    folder = name.rpartition("/")[0]
    return re.sub(r"(^|/)(text|xhtml|html|contents?)$", "", folder, flags=re.IGNORECASE)


def _text(
    read: _Plain, path: str, record: str, offset: int, beside: str, options: BooksOptions
) -> Document | Skipped | Quarantined:
    if options.exclude_pg19_benchmark and _BENCHMARK.search(path):
        return Skipped("pg19_benchmark", record, offset)
    try:
        return book_texts.text_document(read(), path, record, offset, beside)
    except (InputError, LimitExceeded) as error:
        return Quarantined(str(error), record, offset)


SOURCE = Source(
    slice=SLICE,
    version=1,
    options=BooksOptions,
    dumps=dumps,
    parts=parts,
    read=read,
    skips={
        "other_format": "the same book as HTML, TeX or another format: its plain text lies beside it",
        "not_a_book": "a picture, a style sheet, a catalogue record or a note on the archive",
        "pg19_benchmark": "one of the 150 books on which PG19 measures language models",
        "metadata": "a table of all books: read for titles and dates, no book itself",
        archives.LINK: "a link in an archive: what it points to is read under its own name, or lies outside",
    },
)
