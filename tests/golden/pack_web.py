"""Packs the sample's pages: a WARC and a WET file as Common Crawl makes them, and C4's JSON lines.

What a publisher's tools would never write (damage, claims that are wrong) is made here, byte by byte.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pathlib
import uuid

from tests.golden import records
from tests.golden.layouts import page
from tests.golden.records import Record

CRAWL = "CC-MAIN-2026-43"
WARC_NAME = f"{CRAWL}-20261012080000-20261012110000-00000.warc.gz"
WET_NAME = f"{CRAWL}-20261012080000-20261012110000-00001.warc.wet.gz"
_CRLF = b"\r\n"


def gzip_member(data: bytes) -> bytes:
    """Compress to one member whose header says nothing of time, name or system."""
    return gzip.compress(data, 9, mtime=0)


def _digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def _record(kind: str, url: str, content_type: str, block: bytes, **headers: str) -> bytes:
    """Return one WARC record; underscores in header names stand for hyphens."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {len(block)}")
    fields = {"WARC-Type": kind, "WARC-Date": headers.pop("date", "2026-10-12T08:30:00Z")}
    fields |= {"WARC-Record-ID": f"<urn:uuid:{identity}>", "Content-Length": headers.pop("length", str(len(block)))}
    fields |= {"Content-Type": content_type}
    if url:
        fields["WARC-Target-URI"] = url
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    fields["WARC-Block-Digest"] = _digest(block)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return b"WARC/1.0\r\n" + head.encode() + _CRLF + block + _CRLF + _CRLF


def _chunked(body: bytes) -> bytes:
    pieces = [body[i : i + 777] for i in range(0, len(body), 777)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def _http(record: Record) -> bytes:
    """Return the HTTP response of a page, as its fields ask for it."""
    body = page(record).encode(record.get("encoding", "utf-8"), "xmlcharrefreplace")
    headers = [f"HTTP/1.1 {record.get('status', '200 OK')}", "Server: nginx", "Date: Mon, 12 Oct 2026 08:30:00 GMT"]
    if record.get("type", "text/html") != "none":
        charset = record.get("header-charset")
        headers.append(f"Content-Type: {record.get('type', 'text/html')}" + (f"; charset={charset}" if charset else ""))
    if location := record.get("location"):
        headers.append(f"Location: {location}")
    if record.get("content-encoding") == "gzip":
        body = gzip_member(body)
        headers.append("Content-Encoding: gzip")
    elif coding := record.get("content-encoding"):
        headers.append(f"Content-Encoding: {coding}")
    if record.get("transfer") == "chunked":
        body = _chunked(body)
        headers.append("Transfer-Encoding: chunked")
    else:
        headers.append(f"Content-Length: {len(body)}")
    return "\r\n".join(headers).encode() + _CRLF + _CRLF + body


def warc() -> bytes:
    """Return the WARC file."""
    info = f"isPartOf: {CRAWL}\r\npublisher: the RedPyjama sample\r\nformat: WARC File Format 1.0\r\n".encode()
    members = [gzip_member(_record("warcinfo", "", "application/warc-fields", info))]
    for number, record in enumerate(records.load("web", "page*.txt")):
        if record.key.startswith("!"):
            members.append(_oddity(record))
            continue
        date = record.get("date", "2026-10-01")
        moment = f"2026-10-12T08:{number // 60:02d}:{number % 60:02d}Z"
        if number % 10 == 0:
            path = "/" + record.key.split("/", 3)[3]
            request = f"GET {path} HTTP/1.1\r\nHost: {record.key.split('/')[2]}\r\nUser-Agent: CCBot/2.0\r\n\r\n".encode()
            members.append(gzip_member(_record("request", record.key, "application/http; msgtype=request", request, date=moment)))
        response = _http(record)
        extra = {"WARC_Identified_Payload_Type": record.get("type", "text/html")}
        members.append(gzip_member(_record("response", record.key, "application/http; msgtype=response", response, date=moment, **extra)))
        if number % 10 == 0:
            fields = f"fetchTimeMs: {100 + number}\r\ncharset-detected: UTF-8\r\nlast-modified: {date}\r\n".encode()
            members.append(gzip_member(_record("metadata", record.key, "application/warc-fields", fields, date=moment)))
    last = gzip_member(_record("response", "https://cut.example/last", "application/http; msgtype=response", _LAST))
    return b"".join(members) + last[: len(last) // 2]


_LAST = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>" + b"".join(
    b"<p>Paragraph %d of the page that the end of the file cuts off, %d.</p>" % (i, i * i * 7919) for i in range(60)
)


def _oddity(record: Record) -> bytes:
    """Return a record that is no page, or that is damaged: ``@@@ !kind url``."""
    kind, _, url = record.key.removeprefix("!").partition(" ")
    response = "application/http; msgtype=response"
    html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + record.body.encode()
    match kind:
        case "dns":
            return gzip_member(_record("response", url, "text/dns", b"20261012083000\n" + record.body.encode() + b"\n"))
        case "revisit":
            profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            return gzip_member(_record("revisit", url, response, head, WARC_Profile=profile))
        case "resource":
            return gzip_member(_record("resource", url, record.get("type"), record.body.encode()))
        case "binary":
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {record.get('type')}\r\n\r\n".encode()
            return gzip_member(_record("response", url, response, head + bytes.fromhex(record.body)))
        case "not-a-record":
            return gzip_member(record.body.encode() + _CRLF + _CRLF)
        case "damaged-member":
            good = gzip_member(_record("response", url, response, html))
            return good[:10] + b"\xff" * 60
        case "oversize-claim":
            return gzip_member(_record("response", url, response, html, length="99999999999"))
        case "bad-chunks":
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
            return gzip_member(_record("response", url, response, head + b"ZZ\r\n" + record.body.encode() + b"\r\n0\r\n\r\n"))
        case "bad-gzip":
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
            return gzip_member(_record("response", url, response, head + b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"\xff" * 99))
        case "no-http":
            return gzip_member(_record("response", url, response, record.body.encode()))
    raise ValueError(f"unknown kind of record: {record.key}")


def wet() -> bytes:
    """Return the WET file."""
    info = f"Software-Info: the RedPyjama sample\r\nExtracted-Date: Mon, 12 Oct 2026 12:00:00 GMT\r\nisPartOf: {CRAWL}\r\n"
    members = [gzip_member(_record("warcinfo", "", "application/warc-fields", info.encode()))]
    for number, record in enumerate(records.load("web", "wet*.txt")):
        text = f"{record.get('title')}\n{record.body}\n".encode(record.get("encoding", "utf-8"))
        language = {"WARC_Identified_Content_Language": record.get("lang")} if record.get("lang") else {}
        moment = f"2026-10-12T09:00:{number:02d}Z"
        members.append(gzip_member(_record("conversion", record.key, "text/plain", text, date=moment, **language)))
    return b"".join(members)


def c4() -> bytes:
    """Return the JSON lines."""
    lines = []
    for record in records.load("c4"):
        if record.key == "!raw":
            lines.append(record.body)
            continue
        line = {"text": record.body, "timestamp": record.get("timestamp", "2019-04-21T10:11:12Z"), "url": record.key}
        lines.append(json.dumps(line, ensure_ascii=record.get("ascii") == "yes", separators=(",", ":")))
    return ("\n".join(lines) + "\n").encode("utf-8")


def write(folder: pathlib.Path) -> None:
    """Write the dumps of common_crawl and c4."""
    for slice_name, name, data in (
        ("common_crawl", WARC_NAME, warc()),
        ("common_crawl", WET_NAME, wet()),
        ("c4", "c4-train.00000-of-00512.json.gz", gzip_member(c4())),
    ):
        path = folder / slice_name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
