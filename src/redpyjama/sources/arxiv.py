"""arXiv's e-prints: one document a paper, LaTeX with its macros expanded.

Read are the monthly archives of arXiv's bulk access (arXiv_src_YYMM_NNN.tar) and single e-prints. Where arXiv's
metadata (arxiv-metadata-oai-snapshot.json) is among the inputs, it gives each paper its licence.
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import msgspec

from redpyjama.document import Document
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources import archives, arxiv_names, base, eprint, language_codes, streams
from redpyjama.sources.latex import latex, latex_faithful, latex_plain
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source
from redpyjama.store import paths

_DUMP_NAMES = re.compile(r"\.(tar|tgz|gz|tex|zip|7z|tar\.(bz2|xz|zst))$", re.IGNORECASE)
_MONTHLY_NAME = re.compile(r"arXiv_src_\d{4}_\d+\.tar$", re.IGNORECASE)
_MONTHLY_MEMBER = re.compile(r"(^|/)\d{4}/[^/]+\.(gz|pdf)$")
_MAX_OTHERS = 10

_DOCLICENSE = re.compile(r"\\usepackage\s*\[([^\]]{0,300})\]\s*\{doclicense\}")
_BABEL = re.compile(r"\\usepackage\s*\[([^\]]{0,300})\]\s*\{babel\}")
_LANGUAGES = {
    "english": "en", "american": "en", "british": "en", "usenglish": "en", "ukenglish": "en", "french": "fr",
    "francais": "fr", "frenchb": "fr", "german": "de", "ngerman": "de", "spanish": "es", "portuguese": "pt",
    "brazilian": "pt", "brazil": "pt", "portuges": "pt", "italian": "it", "russian": "ru", "ukrainian": "uk",
    "polish": "pl", "dutch": "nl", "czech": "cs", "swedish": "sv", "turkish": "tr", "greek": "el",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivOptions:
    """How papers are cleaned.

    Attributes:
        faithful: Clean as RedPajama V1's published code does, defects and all (docs/sources/arxiv.md has them). Else
            inputs are read in order, title and abstract stay, and macros with arguments are expanded.
    """

    faithful: bool = False


def dumps(inputs: list[str], options: ArxivOptions) -> list[Dump]:
    """Return the archives and e-prints under *inputs*, and arXiv's metadata if it is there."""
    del options

    def is_dump(path: str) -> bool:
        return bool(_DUMP_NAMES.search(path) or arxiv_names.METADATA_NAME.search(path))

    found = base.name_dumps(base.files_under(inputs, is_dump))
    beside = next((dump.path for dump in found if arxiv_names.METADATA_NAME.search(dump.path)), "")
    return [dataclasses.replace(dump, beside=beside) for dump in found]


def parts(dump: Dump, options: ArxivOptions) -> list[Part]:
    """Cut monthly archives into stripes of papers; an e-print is one part."""
    del options
    return base.stripe_parts(dump) if _is_monthly(dump) else [Part(dump=dump)]


def _is_monthly(dump: Dump) -> bool:
    if _MONTHLY_NAME.search(dump.path):
        return True
    try:
        with paths.open_input(dump.path) as stream:
            first = next((m for m in archives.members(stream, dump.name) if isinstance(m, archives.Member)), None)
    except (InputError, LimitExceeded):
        return False
    return first is not None and bool(_MONTHLY_MEMBER.search(first.name))


def read(part: Part, options: ArxivOptions) -> Iterator[Document | Skipped | Quarantined]:
    """Yield the papers of one part; offsets are those of the members of a monthly archive, 0 for a single e-print."""
    dump = part.dump
    if dump.path == dump.beside:
        yield Skipped("metadata", dump.name, 0)
        return
    reader = _Reader(dump, options)
    with paths.open_input(dump.path) as stream:
        if _is_monthly(dump):
            yield from _monthly(stream, part, reader)
        elif base.in_sample(SLICE, part, 0, dump.name):
            yield from reader.read(stream, dump.name, 0, _gzip_mtime(stream))


SLICE = "arxiv"


def _monthly(stream: IO[bytes], part: Part, reader: _Reader) -> Iterator[Document | Skipped | Quarantined]:
    for number, member in enumerate(archives.members(stream, part.dump.name)):
        if number % part.num_stripes != part.stripe:
            continue
        if not isinstance(member, archives.Member):
            yield member
        elif not base.in_sample(SLICE, part, member.offset, member.name):
            continue
        elif member.name.lower().endswith(".pdf"):
            yield Skipped("pdf_only", member.name, member.offset)
        else:
            try:
                data = member.read()
            except (InputError, LimitExceeded) as error:
                yield Quarantined(str(error), member.name, member.offset)
                continue
            yield from reader.read(io.BytesIO(data), member.name, member.offset, member.mtime)


def _gzip_mtime(stream: IO[bytes]) -> int:
    """Return when a gzip file was made by its own word: the file system's does not travel with it."""
    head = stream.read(8)
    stream.seek(0)
    return int.from_bytes(head[4:8], "little") if streams.kind_of(head) == "gzip" else 0


class _Reader:
    """Turns e-prints of one dump into documents."""

    def __init__(self, dump: Dump, options: ArxivOptions) -> None:
        self._dump = dump
        self._options = options

    def read(
        self, stream: IO[bytes], record: str, offset: int, mtime: int
    ) -> Iterator[Document | Skipped | Quarantined]:
        """Yield what one e-print gives: members that were refused, and the paper, or why there is none."""
        try:
            found = eprint.load(stream, record)
            for bad in found.bad:
                yield Quarantined(bad.reason, f"{record}: {bad.record}" if bad.record else record, offset)
            skipped = self._not_a_paper(found, record, offset)
            yield skipped or self._document(found, record, offset, mtime)
        except (InputError, LimitExceeded) as error:
            yield Quarantined(str(error), record, offset)

    def _not_a_paper(self, found: eprint.EPrint, record: str, offset: int) -> Skipped | None:
        tex = {name: data for name, data in found.files.items() if not name.endswith((".sty", ".bbl", ".txt"))}
        if any(data.lstrip().startswith(b"%auto-ignore") for data in tex.values()) and len(tex) == 1:
            return Skipped("withdrawn", record, offset)
        if any(b"\\" in data for data in tex.values()):
            return None
        for kind in ("pdf", "postscript", "html"):
            if kind in found.kinds:
                return Skipped(f"{kind}_only", record, offset)
        return Skipped("no_tex", record, offset)

    def _document(self, found: eprint.EPrint, record: str, offset: int, mtime: int) -> Document | Skipped:
        if self._options.faithful:
            return self._faithful(found, record, offset, mtime)
        project = eprint.project(found)
        if not project.roots:
            return Skipped("no_tex", record, offset)
        main = project.roots[0]
        paper = latex.clean(project.files, main)
        licence, evidence = self._licence(record, project.files[main])
        names = latex_plain.author_names(paper.authors)
        title = latex_plain.title_text(paper.title)
        document = self._described(record, offset, mtime, paper.text, _language(project.files[main]))
        document.meta.update(
            main_file=main,
            num_files=found.num_files,
            num_expanded=paper.num_expanded,
            num_missing_inputs=paper.num_missing,
            other_documents=project.roots[1 : _MAX_OTHERS + 1],
        )
        words = [f"“{title}”" if title else "", f"by {latex_plain.credit(names)}" if names else "", document.url or ""]
        return _changed(
            document,
            title=title or None,
            licence=licence,
            licence_evidence=evidence,
            attribution=", ".join(filter(None, words)) if title or names else None,
            encoding_repairs=sum(project.repairs[name] for name in paper.files),
        )

    def _faithful(self, found: eprint.EPrint, record: str, offset: int, mtime: int) -> Document | Skipped:
        texts: list[str] = []
        for name, data in found.files.items():
            if name.endswith(".tex"):
                try:
                    texts.append(data.decode("utf-8").replace("\r\n", "\n"))
                except UnicodeDecodeError:
                    return Skipped("not_utf8", record, offset)
        return self._described(record, offset, mtime, latex_faithful.clean(texts), None)

    def _described(self, record: str, offset: int, mtime: int, text: str, language: str | None) -> Document:
        """Return the document with all that does not depend on how it was cleaned; `meta` begins as RedPajama's."""
        name = arxiv_names.identify(record)
        stamp = datetime.datetime.fromtimestamp(mtime, datetime.UTC).replace(tzinfo=None).isoformat() if mtime else ""
        meta: dict[str, object] = {
            "timestamp": stamp,
            "yymm": name.yymm if name else "",
            "arxiv_id": name.id if name else "",
            "language": language or "",
            "url": name.url if name else "",
            "source": SLICE,
        }
        return Document(
            text=text,
            record=record,
            offset=offset,
            url=name.url if name else None,
            language=language,
            created=name.month if name else None,
            meta=meta,
        )

    def _licence(self, record: str, main: str) -> tuple[str | None, str | None]:
        """Return a paper's licence and what that rests on: arXiv's metadata, else the statement in its preamble."""
        name = arxiv_names.identify(record)
        if name and self._dump.beside:
            url = arxiv_names.licences(self._dump.beside).url(name.id)
            if url:
                return arxiv_names.spdx(url), f"arXiv metadata: license {url}"
        stated = _DOCLICENSE.search(main)
        if stated:
            options = dict(re.findall(r"(\w+)\s*=\s*\{?([\w.-]+)", stated[1]))
            kind, version = options.get("modifier", ""), options.get("version", "4.0")
            licence = arxiv_names.spdx(f"https://creativecommons.org/licenses/{kind}/{version}/")
            if options.get("type") == "CC" and licence:
                return licence, f"preamble: {' '.join(stated[0].split())}"
        return None, None


def _changed(document: Document, **fields: object) -> Document:
    return msgspec.structs.replace(document, **fields)


def _language(main: str) -> str | None:
    """Return the language that a paper sets with babel: the one that is called main, or the last one."""
    found = _BABEL.search(main)
    if not found:
        return None
    options = [option.strip() for option in found[1].split(",")]
    chosen = next((o.partition("=")[2] for o in options if o.startswith("main")), options[-1]).strip()
    return language_codes.short_code(_LANGUAGES.get(chosen.lower()))


SOURCE = Source(
    slice=SLICE,
    version=1,
    options=ArxivOptions,
    dumps=dumps,
    parts=parts,
    read=read,
    skips={
        "pdf_only": "the authors sent a PDF file and no source",
        "postscript_only": "the authors sent a PostScript file and no source",
        "html_only": "the authors sent HTML, which this source does not read",
        "no_tex": "no file in it is TeX",
        "withdrawn": "the paper was withdrawn; its source is a notice",
        "not_utf8": "faithful only: RedPajama V1 drops projects with a file that is not UTF-8",
        "metadata": "arXiv's metadata of all papers: read for licences, no paper itself",
        archives.LINK: "a link in an archive: what it points to is read under its own name, or lies outside",
    },
)
