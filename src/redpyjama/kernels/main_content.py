"""Which texts of a page are its main content: judged on events, without building a tree.

Three decisions, each on numbers that one pass over the events gives:

1. Elements whose name, role or class says that they are no content (navigation, sharing, related links ...) are left
   out, unless too much of the page's prose is in them: names lie.
2. The smallest element that holds nearly all remaining prose is the container; so what merely surrounds it goes.
3. In the container, blocks of links go, and short scraps before the first and after the last prose.

A page without prose (a list, a table, a shop) keeps everything that 1 has left and that is not mostly links.

Source: the ideas are known ones: names of classes and link density (Kohlschuetter et al. 2010, "Boilerplate detection
using shallow text features"; Mozilla Readability), blocks of prose as anchors (Pomikalek 2011, jusText). The thresholds
are ours, chosen on the pages with snippets of trafilatura's evaluation and the expected articles of Readability.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from redpyjama.kernels.html import EVENT_TABLE, HINTS, KIND, LENGTH, LINK, NAME, OPEN, PARENT, STOP
from redpyjama.kernels.html_blocks import (
    BYTES,
    ELEMENT,
    FIRST,
    LAST,
    LINKED,
    LINKS,
    MIN_PROSE_BYTES,
    NUM_BLOCK_COLUMNS,
    PROSE,
    SORT,
    find_blocks,
    sum_prose,
    sum_texts,
)
from redpyjama.kernels.html_tables import (
    ADVERT,
    ARTICLE,
    BYLINE,
    CAPTION,
    CHROME,
    COMMENT,
    CONTENT,
    FLAGS,
    FOOTER,
    HEADER,
    HIDDEN,
    NAVIGATION,
    OVERLAY,
    RELATED,
    SHARING,
    SIDEBAR,
    TAG,
)
from redpyjama.kernels.html_tags import jit

_BODY, _HTML, _HEADER, _FORM, _FIGURE = (TAG[n] for n in ("body", "html", "header", "form", "figure"))
_PRE, _BLOCKQUOTE, _TABLE, _UL, _OL, _DL = (TAG[n] for n in ("pre", "blockquote", "table", "ul", "ol", "dl"))

MIN_PAGE_PROSE = 500
"""Below this many bytes of prose a page is judged by all its text that is no link: it is a list, a shop, a table."""

TRUST = 33
"""Up to this share of a page's prose, in per cent, an element is left out on the strength of its name alone."""

LONELY = 8
"""Short prose with no prose beside it counts for one part in this many when the container is sought."""

MAX_LEAD_LEVELS = 3
"""How many levels above the container a lead may stand."""

MAX_LEAD_LINKS = 33
"""A lead is linked for less than one part in this many."""

_STRONG = NAVIGATION | FOOTER | SIDEBAR | SHARING | RELATED | ADVERT | OVERLAY | HIDDEN


@jit
def _is_comments(events: Any, e: int, prose: int, total: int) -> bool:
    """Say whether an element is named as readers' comments (and is no article whose class says "comments-open")."""
    tag = events[e, NAME]
    hints = events[e, HINTS]
    if not hints & COMMENT or tag == _BODY or tag == _HTML:
        return False
    return not (hints & ARTICLE and prose * 2 > total)


@jit
def _is_chrome(events: Any, e: int, prose: int, total: int, discussion: Any, trust: int) -> bool:
    """Say whether an element is no content by its name and hints, given the prose in it and in the page."""
    plain = events[e, LENGTH] - events[e, LINK]
    page_plain = events[0, LENGTH] - events[0, LINK]
    tag = events[e, NAME]
    hints = events[e, HINTS]
    flags = FLAGS[tag]
    if tag == _BODY or tag == _HTML:
        return False
    small = prose < MIN_PROSE_BYTES or (
        prose * 100 < total * trust if total >= MIN_PAGE_PROSE else plain * 2 < page_plain
    )
    if trust == TRUST and not small:
        small = prose * 5 < total * 3 and total - prose >= 1500
    if not discussion and _is_comments(events, e, prose, total):
        return True
    if hints & _STRONG == RELATED and prose and events[e, LINK] * 20 < events[e, LENGTH]:
        return False
    if (flags & CHROME and tag != _FORM) or hints & _STRONG:
        return small
    if tag == _FORM:
        return prose * 10 < total or prose < MIN_PROSE_BYTES
    if tag == _HEADER or hints & HEADER:
        return prose == 0
    if hints & BYLINE:
        return (events[e, LENGTH] < 250 or prose * 5 < total) and not hints & (ARTICLE | CONTENT)
    if tag == _FIGURE or hints & CAPTION:
        return small and not _holds(events, e)
    return False


@jit
def _holds(events: Any, e: int) -> bool:
    """Say whether a figure holds code, a table or a quotation, and not a picture."""
    for i in range(e + 1, max(events[e, STOP], e + 1)):
        tag = events[i, NAME]
        if events[i, KIND] == OPEN and (tag == _PRE or tag == _TABLE or tag == _BLOCKQUOTE):
            return True
    return False


@jit
def drop_chrome(events: Any, prose: Any, discussion: Any, trust: int, dropped: Any) -> None:
    """Mark all events within elements that are no content; up to *trust* per cent of the prose for what each is named.

    In a discussion what is called comments is the content.
    """
    dropped[:] = False
    e = 0
    n = len(events)
    while e < n:
        if (
            events[e, KIND] == OPEN
            and events[e, STOP] > e
            and _is_chrome(events, e, prose[e], prose[0], discussion, trust)
        ):
            stop = events[e, STOP]
            dropped[e : stop + 1] = True
            e = stop
        e += 1


@jit
def _comment_prose(events: Any, prose: Any) -> int:
    e = 0
    found = 0
    while e < len(events):
        if events[e, KIND] == OPEN and events[e, STOP] > e and _is_comments(events, e, prose[e], prose[0]):
            found += prose[e]
            e = events[e, STOP]
        e += 1
    return found


@jit
def find_container(events: Any, prose: Any) -> int:
    """Return the event of the smallest element that holds nearly all prose."""
    best = 0
    e = 1
    while e < events[best, STOP]:
        if events[e, KIND] == OPEN and events[e, STOP] > e:
            if prose[e] * 100 >= prose[0] * 85:
                best = e
            else:
                e = events[e, STOP]
        e += 1
    return best


@jit
def mark_region(events: Any, blocks: Any, count: int, prose: Any, container: int, region: Any) -> None:
    """Mark the container, and prose with hardly a link that stands right before it: a lead, an abstract.

    What stands after it is teasers far more often than content, with or without links.
    """
    n = len(events)
    size = np.zeros(n, np.int64)
    linked = np.zeros(n, np.int64)
    for b in range(count):
        e = blocks[b, ELEMENT]
        while e >= 0:
            size[e] += blocks[b, BYTES]
            linked[e] += blocks[b, LINKED]
            e = events[e, PARENT]
    region[container : events[container, STOP] + 1] = True
    if prose[0] == 0:
        return
    path = container
    for _ in range(MAX_LEAD_LEVELS):
        parent = events[path, PARENT]
        if parent < 0:
            break
        e = parent + 1
        while e < path:
            stop = max(events[e, STOP], e) if events[e, KIND] == OPEN else e
            if prose[e] and linked[e] * MAX_LEAD_LINKS < size[e]:
                region[e : stop + 1] = True
            e = stop + 1
        path = parent


@jit
def keep_blocks(events: Any, blocks: Any, count: int, region: Any, keep: Any) -> None:
    """Keep the region's blocks that are no links, from about its first prose to about its last."""
    first = last = -1
    for b in range(count):
        if region[blocks[b, FIRST]] and blocks[b, SORT] == PROSE:
            last = b
            if first < 0:
                first = b
    if first >= 0:
        first, last = _extend(events, blocks, count, first, last, region)
    else:
        first, last = 0, count - 1
    for b in range(first, last + 1):
        if region[blocks[b, FIRST]] and (blocks[b, SORT] != LINKS or _among_others(events, blocks[b, ELEMENT])):
            for e in range(blocks[b, FIRST], blocks[b, LAST] + 1):
                keep[e] = True


@jit
def _among_others(events: Any, e: int) -> bool:
    """Say whether a linked item or cell stands in a list or table that is mostly no links."""
    for _ in range(4):
        tag = events[e, NAME]
        if tag == _UL or tag == _OL or tag == _TABLE or tag == _DL:
            return events[e, LINK] * 2 < events[e, LENGTH]
        e = events[e, PARENT]
        if e < 0:
            break
    return False


@jit
def _extend(events: Any, blocks: Any, count: int, first: int, last: int, region: Any) -> tuple[int, int]:
    """Take in scraps before the first and after the last prose that are its siblings, and lists beside it."""
    parent = events[blocks[last, ELEMENT], PARENT]
    while last + 1 < count and region[blocks[last + 1, FIRST]] and blocks[last + 1, SORT] != LINKS:
        up = blocks[last + 1, ELEMENT]
        for _ in range(3):
            if up > 0 and events[up, PARENT] != parent:
                up = events[up, PARENT]
        if up <= 0 or events[up, PARENT] != parent:
            break
        last += 1
    parent = events[blocks[first, ELEMENT], PARENT]
    while first > 0 and region[blocks[first - 1, FIRST]] and blocks[first - 1, SORT] != LINKS:
        up = blocks[first - 1, ELEMENT]
        if up <= 0 or events[up, PARENT] != parent:
            break
        first -= 1
    return first, last


@nb.njit(nb.int64(EVENT_TABLE, nb.boolean[::1]), cache=True, nogil=True)
def judge(events: Any, keep: Any) -> int:
    """Mark the texts that are main content; return the bytes of prose found."""
    n = len(events)
    keep[:] = False
    dropped = np.zeros(n, np.bool_)
    prose = np.zeros(n, np.int64)
    blocks = np.zeros((n + 1, NUM_BLOCK_COLUMNS), np.int32)
    sum_texts(events)
    count = find_blocks(events, dropped, blocks)
    sum_prose(events, blocks, count, 1, prose)
    comments = _comment_prose(events, prose)
    rest = prose[0] - comments
    discussion = rest < 250 or rest * 20 < comments
    before = prose.copy()
    for trust in (TRUST, TRUST // 3, 0):  # names lie: believe them only as far as they leave something
        drop_chrome(events, before, discussion, trust, dropped)
        count = find_blocks(events, dropped, blocks)
        sum_prose(events, blocks, count, 1, prose)
        if prose[0] * 4 >= (before[0] if discussion else rest):
            break
    weighed = np.zeros(n, np.int64)
    sum_prose(events, blocks, count, LONELY, weighed)
    container = find_container(events, weighed) if prose[0] else 0
    region = np.zeros(n, np.bool_)
    mark_region(events, blocks, count, prose, container, region)
    keep_blocks(events, blocks, count, region, keep)
    for e in range(n):
        if dropped[e]:
            keep[e] = False
    return prose[0]
