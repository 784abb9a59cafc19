"""Packs the sample's wiki pages and questions: multistream bz2 XML, and Stack Exchange tables in 7z."""

from __future__ import annotations

import bz2
import datetime
import hashlib
import io
import os
import pathlib
import tomllib
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import py7zr
from py7zr.helpers import ArchiveTimestamp

from tests.golden import records
from tests.golden.markup import to_html
from tests.golden.records import AUTHORED, Record

_DAY = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC).timestamp()
_NAMESPACES = {
    "en": {-1: "Special", 0: "", 1: "Talk", 2: "User", 4: "Wikipedia", 6: "File", 10: "Template", 14: "Category", 828: "Module"},
    "de": {-1: "Spezial", 0: "", 1: "Diskussion", 2: "Benutzer", 4: "Wikipedia", 6: "Datei", 10: "Vorlage", 14: "Kategorie", 828: "Modul"},
}
_STREAM_PAGES = 12


def _site_info(language: str) -> str:
    spaces = "\n".join(
        f'      <namespace key="{key}" case="first-letter"' + (f">{name}</namespace>" if name else " />")
        for key, name in _NAMESPACES[language].items()
    )
    return f"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="{language}">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>{language}wiki</dbname>
    <base>https://{language}.wikipedia.org/wiki/{"Main_Page" if language == "en" else "Wikipedia:Hauptseite"}</base>
    <generator>MediaWiki 1.46.0-wmf.1</generator>
    <case>first-letter</case>
    <namespaces>
{spaces}
    </namespaces>
  </siteinfo>
"""


def _page(record: Record, number: int) -> str:
    if record.key.startswith("!raw"):
        return record.body + "\n"
    if record.get("text") == "deleted":
        text = '<text bytes="0" deleted="deleted" />'
    else:
        text = f'<text bytes="{len(record.body.encode())}" xml:space="preserve">{escape(record.body)}</text>'
    redirect = f"    <redirect title={quoteattr(record.get('redirect'))} />\n" if record.get("redirect") else ""
    sha1 = hashlib.sha1(record.body.encode()).hexdigest()[:31]
    return f"""  <page>
    <title>{escape(record.key)}</title>
    <ns>{record.get("ns", "0")}</ns>
    <id>{record.get("id", str(1000 + number))}</id>
{redirect}    <revision>
      <id>{record.get("revision", str(900_000_000 + 37 * number))}</id>
      <timestamp>{record.get("timestamp", f"2026-0{1 + number % 9}-1{number % 10}T0{number % 10}:12:44Z")}</timestamp>
      <contributor>
        <username>{escape(record.get("by", "Sample author"))}</username>
        <id>77{number}</id>
      </contributor>
      <comment>sample</comment>
      <model>{record.get("model", "wikitext")}</model>
      <format>{record.get("format", "text/x-wiki")}</format>
      {text}
      <sha1>{sha1}</sha1>
    </revision>
  </page>
"""


def wikipedia(folder: pathlib.Path) -> None:
    """Write one multistream dump a language; the German one is cut in its last stream."""
    for language in ("en", "de"):
        pages = [_page(record, number) for number, record in enumerate(records.load("wikipedia", f"{language}*.txt"))]
        streams = [_site_info(language)]
        streams += ["".join(pages[i : i + _STREAM_PAGES]) for i in range(0, len(pages), _STREAM_PAGES)]
        if language == "de":
            streams[-1] = streams[-1][: streams[-1].rindex("</text>") - 40]
        else:
            streams.append("</mediawiki>\n")
        data = b"".join(bz2.compress(stream.encode()) for stream in streams)
        (folder / f"{language}wiki-20261101-pages-articles-multistream.xml.bz2").write_bytes(data)


def _row(values: dict[str, str]) -> str:
    # Tabs and line ends stand as references, as in the published dumps: a parser would make blanks of them.
    cells = " ".join(f"{name}={quoteattr(value, {chr(10): '&#xA;', chr(9): '&#x9;'})}" for name, value in values.items())
    return f"  <row {cells} />\n"


def _table(name: str, rows: Iterable[str]) -> bytes:
    return f'﻿<?xml version="1.0" encoding="utf-8"?>\n<{name}>\n{"".join(rows)}</{name}>'.encode()


def _tags(record: Record, form: str) -> str:
    names = record.get("tags").split()
    return "".join(f"<{name}>" for name in names) if form == "old" else "|" + "|".join(names) + "|"


def _post(record: Record, form: str) -> str:
    """``@@@ Q number`` or ``@@@ A number``; fields as short names of the columns; other keys are raw rows."""
    kind, _, number = record.key.partition(" ")
    if kind == "!raw":
        return record.body + "\n"
    f = record.get
    created = f("created", "2020-05-17T09:10:11.120")
    values = {"Id": number, "PostTypeId": {"Q": "1", "A": "2", "W": "4"}[kind]}
    if f("accepted"):
        values["AcceptedAnswerId"] = f("accepted")
    if f("to"):
        values["ParentId"] = f("to")
    values |= {"CreationDate": created, "Score": f("score", "3")}
    if kind == "Q":
        values["ViewCount"] = str(17 * int(number) % 9000)
    values["Body"] = to_html(record.body) + "\n"
    if f("by", "user") != "deleted":
        values["OwnerUserId"] = f("by", str(2 + int(number) % 5))
    if f("name"):
        values["OwnerDisplayName"] = f("name")
    if f("edited"):
        values["LastEditDate"] = f("edited")
    values["LastActivityDate"] = f("edited", created)
    if kind == "Q":
        values |= {"Title": f("title"), "Tags": _tags(record, form), "AnswerCount": f("answers", "1")}
    values["CommentCount"] = "0"
    if form == "new":
        values["ContentLicense"] = f("licence", "CC BY-SA 4.0")
    return _row(values)


_USERS = ("Community", "Mara Quill", "tidewatcher", "Old Ben", "P. Oduya", "Lantern & Rope", "zoë_k")


def _users() -> bytes:
    rows = []
    for number, name in enumerate(_USERS, -1):
        identity = number if number == -1 else number + 1
        values = {"Id": str(identity), "Reputation": str(101 + 7 * identity), "CreationDate": "2011-02-01T10:00:00.000"}
        rows.append(_row({**values, "DisplayName": name, "AccountId": str(9000 + identity)}))
    return _table("users", rows)


def _comments() -> bytes:
    values = {"Id": "1", "PostId": "1", "Score": "2", "Text": "Good question: how long is the mast?"}
    return _table("comments", [_row({**values, "CreationDate": "2020-05-18T09:10:11.120", "UserId": "3"})])


def seven_zip(files: dict[str, bytes]) -> bytes:
    """Return a 7z archive whose members have one fixed time."""
    buffer = io.BytesIO()
    with _Timeless(buffer, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 9}]) as archive:
        for name, data in files.items():
            archive.writef(io.BytesIO(data), name)
    return buffer.getvalue()


class _Timeless(py7zr.SevenZipFile):
    """The library stamps members with the clock; here they have the day of the dump."""

    @staticmethod
    def _make_file_info_from_name(*args: Any) -> Any:
        info = py7zr.SevenZipFile._make_file_info_from_name(*args)
        for stamp in ("creationtime", "lastwritetime", "lastaccesstime"):
            info[stamp] = ArchiveTimestamp.from_datetime(_DAY)
        return info


def stackexchange(folder: pathlib.Path) -> None:
    """Write one archive (or plain table) a site; ``sites.toml`` says which."""
    for name, spec in tomllib.loads((AUTHORED / "stackexchange" / "sites.toml").read_text("utf-8")).items():
        posts = [_post(record, spec["tags"]) for record in records.load("stackexchange", spec["posts"])]
        table = _table("posts", posts)
        if cut := spec.get("cut_bytes"):
            table = table[:-cut]
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".7z"):
            table = seven_zip({"Comments.xml": _comments(), "Posts.xml": table, "Users.xml": _users()})
        target.write_bytes(table)


def write(folder: pathlib.Path) -> None:
    """Write the dumps of wikipedia and stackexchange."""
    for slice_name, make in (("wikipedia", wikipedia), ("stackexchange", stackexchange)):
        target = folder / slice_name
        os.makedirs(target, exist_ok=True)
        make(target)
