"""Rows of a Stack Exchange Posts.xml, framed in its bytes.

In well-formed XML no attribute holds a bare ``<``: a row reaches from ``<row`` to the next ``<``, whatever its lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - compiled, no stubs

from redpyjama import limits
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.stage import Quarantined

QUESTION, ANSWER = 1, 2

_CHUNK = 1 << 20
_HEAD = re.compile(rb'<row\s+Id="(\d{1,18})"\s+PostTypeId="(\d{1,4})"(?:\s+ParentId="(\d{1,18})")?')
_ID = re.compile(rb'\sId="(\d{1,18})"')
_TYPE = re.compile(rb'\sPostTypeId="(\d{1,4})"')
_PARENT = re.compile(rb'\sParentId="(\d{1,18})"')
_WELL_FORMED = re.compile(rb'<row(?:\s++[A-Za-z]++="[^"]*+")*+\s*+/>\s*+')
_BAD_REFERENCE = re.compile(r"&#(?:x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2\d|3[01]));")
_ATTRIBUTE = re.compile(r'\s([A-Za-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """A post as it stands in the file.

    Attributes:
        offset: Of its first byte in the plain Posts.xml.
        number: Its id.
        kind: Its PostTypeId.
        parent: Id of the question that it answers; 0 for all but answers.
        xml: The element.
    """

    offset: int
    number: int
    kind: int
    parent: int
    xml: bytes


def rows(plain: IO[bytes]) -> Iterator[Row | Quarantined]:
    """Yield the rows of a Posts.xml in order, and one `Quarantined` for each that has no id, is too long, or is cut."""
    reader = _Reader(plain)
    buffer, base, tail = b"", 0, b""
    skipping = False
    while block := reader.read():
        buffer += block
        position = 0
        while True:
            start = buffer.find(b"<row", position)
            if skipping:
                end = buffer.find(b"<", position)
                if end < 0:
                    break
                position, skipping = end, False
                continue
            end = buffer.find(b"<", start + 1) if start >= 0 else -1
            if end < 0:
                break
            yield _row(buffer[start:end], base + start)
            position = end
        keep = start if start >= 0 else max(position, len(buffer) - 3)
        if skipping:
            keep = len(buffer)
        elif start >= 0 and len(buffer) - start > limits.MAX_XML_ATTRIBUTE_BYTES:
            reason = f"exceeds MAX_XML_ATTRIBUTE_BYTES: a row of more than {limits.MAX_XML_ATTRIBUTE_BYTES} bytes"
            yield Quarantined(reason, _label(buffer[start : start + 200]), base + start)
            skipping, keep = True, len(buffer)
        tail = (tail + block)[-200:]
        buffer, base = buffer[keep:], base + keep
    if buffer.startswith(b"<row"):
        is_whole = buffer.rstrip().endswith(b"/>")
        yield _row(buffer, base) if is_whole else Quarantined("the dump ends inside this row", _label(buffer), base)
    if reader.damage:
        yield Quarantined(reader.damage, "", base + len(buffer))
    elif b"</posts>" not in tail:
        yield Quarantined("the dump ends without </posts>: it was cut off, or is no Posts.xml", "", base + len(buffer))


class _Reader:
    """Blocks of plain bytes until the end or the first damage."""

    def __init__(self, plain: IO[bytes]) -> None:
        self._plain = plain
        self.damage = ""

    def read(self) -> bytes:
        if self.damage:
            return b""
        try:
            return self._plain.read1(_CHUNK)  # type: ignore[attr-defined]
        except (InputError, LimitExceeded) as error:
            self.damage = str(error)
            return b""


def _row(xml: bytes, offset: int) -> Row | Quarantined:
    found = _HEAD.match(xml)
    number, kind, parent = found.groups() if found else (None, None, None)
    if found is None:
        number, kind = (m[1] if m else None for m in (_ID.search(xml), _TYPE.search(xml)))
    if number is None or kind is None:
        return Quarantined("the row has no Id or no PostTypeId", _label(xml[:200]), offset)
    if int(kind) == ANSWER and parent is None:
        given = _PARENT.search(xml)
        parent = given[1] if given else None
    return Row(offset, int(number), int(kind), int(parent or 0) if int(kind) == ANSWER else 0, xml)


def _label(xml: bytes) -> str:
    found = _ID.search(xml)
    return found[1].decode() if found else ""


def attributes(row: Row) -> tuple[dict[str, str], int]:
    """Return the attributes of a row, and how many of its characters were no valid text and became U+FFFD.

    Raises:
        ValueError: It is no well-formed element.
    """
    xml = row.xml
    decoded = _BAD_REFERENCE.sub("\ufffd", xml.decode("utf-8", "replace"))
    repairs = decoded.count("\ufffd") - xml.count(b"\xef\xbf\xbd")
    if _WELL_FORMED.fullmatch(xml):
        # Of entities, XML itself has five and numbers; others can't be there, as their ampersand is escaped.
        return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(decoded)}, repairs
    try:
        element = decoded if decoded.rstrip().endswith("/>") else decoded + "</row>"
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        root = etree.fromstring(element.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the row is no well-formed XML: {error.msg}") from error
    return {str(name): str(value) for name, value in root.attrib.items()}, repairs
