"""HTML -> text: the main content of a page, or all the text of a fragment.

The work is done on the page's UTF-8 bytes by the kernels `html` (bytes to events), `main_content` (which texts are
content) and `html_text` (events to plain text). Paragraphs are set apart by an empty line; list items start with "* ",
cells of a row stand on one line with " | " between them, and code in ``<pre>`` keeps its lines and indentation.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from redpyjama import limits
from redpyjama.errors import LimitExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedPage:
    """What was found in a page.

    Attributes:
        text: The main content; empty where the page shows no text.
        title: What its <title> says, on one line; None without one.
        language: The language tag of <html lang>, as written; None without one.
        prose_bytes: Bytes of the text in paragraphs of running prose: 0 for a page of links, tables or scraps.
    """

    text: str
    title: str | None
    language: str | None
    prose_bytes: int


def main_text(page: bytes | str) -> ExtractedPage:
    """Return the main content of a page: its text without navigation, related links, comments and the like.

    Args:
        page: The whole page, as text or as UTF-8.

    Raises:
        LimitExceeded: It is larger than `limits.MAX_HTML_BYTES`.

    Departs: resiliparse and trafilatura build a tree and walk it; here one pass over the bytes makes a flat table of
        events, and what is content follows from sums over that table. See docs/sources/common_crawl.md.
    """
    data = page.encode("utf-8", "replace") if isinstance(page, str) else page
    array, events, state = _scan(data)
    keep = np.zeros(len(events), np.bool_)
    prose_bytes = _kernels().judge(events, keep)
    text = _plain(array, events, keep)
    start, stop = int(state[4]), int(state[5])
    title = _one_line(data[start:stop]) if stop > start else None
    found = _LANGUAGE.search(data, 0, 1 << 14)
    language = found[1].decode("ascii") if found else None
    return ExtractedPage(text=text, title=title or None, language=language, prose_bytes=prose_bytes)


def all_text(fragment: bytes | str) -> str:
    """Return all visible text of a fragment or page, formed as `main_text` forms it.

    Raises:
        LimitExceeded: It is larger than `limits.MAX_HTML_BYTES`.
    """
    data = fragment.encode("utf-8", "replace") if isinstance(fragment, str) else fragment
    array, events, _ = _scan(data)
    return _plain(array, events, np.ones(len(events), np.bool_))


_LANGUAGE = re.compile(
    rb"<html\b[^>]*?\s(?:xml:)?lang\s*=\s*[\"']?\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*)", re.IGNORECASE
)
_RUNS = re.compile(r" +(?=\n)|(?<=\n) +(?=\n)|\n{3,}")


@functools.lru_cache(maxsize=1)
def _kernels() -> Any:
    """Import the kernels when a page is at hand: loading their machine code takes half a second."""
    from types import SimpleNamespace

    from redpyjama.kernels.html import NUM_CELLS, NUM_COLUMNS, scan
    from redpyjama.kernels.html_text import write_text
    from redpyjama.kernels.main_content import judge

    return SimpleNamespace(scan=scan, judge=judge, write_text=write_text, num_cells=NUM_CELLS, num_columns=NUM_COLUMNS)


def _scan(data: bytes) -> tuple[Any, Any, Any]:
    if len(data) > limits.MAX_HTML_BYTES:
        raise LimitExceeded("MAX_HTML_BYTES", limits.MAX_HTML_BYTES, len(data))
    kernels = _kernels()
    array = np.frombuffer(data, np.uint8)
    events = np.empty((3 * data.count(b"<") + 3, kernels.num_columns), np.int32)
    state = np.zeros(kernels.num_cells, np.int64)
    stack = np.zeros((limits.MAX_HTML_DEPTH, 2), np.int32)
    count = kernels.scan(array, events, state, stack)
    return array, events[:count], state


def _plain(array: Any, events: Any, keep: Any) -> str:
    out = np.empty(len(array) + 4 * len(events) + 8, np.uint8)
    size = _kernels().write_text(array, events, keep, out)
    text = out[:size].tobytes().decode("utf-8", "replace")
    if "&" in text:
        text = html.unescape(text)
    if "\xa0" in text:
        text = text.replace("\xa0", " ")
    return text.strip()


def _one_line(data: bytes) -> str:
    return " ".join(html.unescape(data.decode("utf-8", "replace")).split())
