"""RefinedWeb's line-wise corrections: counters, menus and navigation that extraction left among the text.

RefinedWeb drops a document with ``refinedweb_flagged_words_frac > 0.05``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_SOURCE = "Penedo et al. 2023 (RefinedWeb), arXiv 2306.01116, appendix G.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinedWebLinesParams:
    """What makes a line no text. The paper gives one example of each kind of phrase, and no thresholds for capitals.

    Attributes:
        max_uppercase: A line of two words or more is cut if more than this share of its letters are capitals.
        max_edited_words: Phrases are cut from lines of at most so many words.
        start_phrases: What is cut at the beginning of such a line, in any case of A-Z.
        end_phrases: What is cut at its end.
        phrases: What is cut wherever it stands in it.
        counted: A line of a number and one of these is cut.
    """

    max_uppercase: float = 0.5
    max_edited_words: int = 10
    start_phrases: tuple[str, ...] = ("sign-in", "sign in", "log in", "skip to content", "skip to main content")
    end_phrases: tuple[str, ...] = (
        "read more...",
        "read more…",
        "read more",
        "continue reading",
        "show more",
        "see more",
    )
    phrases: tuple[str, ...] = ("items in cart", "item in cart", "add to cart", "your cart is empty")
    counted: tuple[str, ...] = (
        "like", "likes", "share", "shares", "comment", "comments", "view", "views", "vote", "votes", "reply", "replies",
        "follower", "followers", "retweet", "retweets", "tweet", "tweets", "post", "posts", "point", "points",
        "review", "reviews", "rating", "ratings", "download", "downloads", "subscriber", "subscribers",
    )  # fmt: skip


def run(batch: pa.RecordBatch, params: RefinedWebLinesParams) -> pa.RecordBatch:
    """Mark lines and phrases, and count the words in what is marked.

    Departs: lists of phrases and the share of capitals are ours, the paper prints examples only; of a line at most one
    phrase is cut.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, line_rules, unicode
    from redpyjama.steps import spans

    offsets, data = arrow.buffers(batch.column("text"))
    rows = np.empty((batch.num_rows, 3), np.int64)
    room = int(offsets[-1] - offsets[0]) // 64 + 256
    while True:
        found = np.empty((room, 5), np.int32)
        count = line_rules.find_spans(
            data,
            offsets,
            unicode.classes(),
            params.max_uppercase,
            params.max_edited_words,
            *_phrases(params),
            rows,
            found,
        )
        if count <= room:
            break
        room = count
    words, flagged = rows[:, line_rules.WORDS], rows[:, line_rules.FLAGGED_WORDS]
    return pa.record_batch(
        {
            "refinedweb_flagged_words_frac": pa.array(flagged / np.maximum(words, 1)),
            "refinedweb_flagged_lines": pa.array(rows[:, line_rules.FLAGGED_LINES].astype(np.int32)),
            "spans": spans.to_arrow(found[:count], batch.num_rows, line_rules.RULES, ("",)),
        }
    )


@functools.lru_cache(maxsize=8)
def _phrases(params: RefinedWebLinesParams) -> tuple[Any, Any, Any]:
    from redpyjama.kernels import line_rules

    kinds = (
        (params.start_phrases, line_rules.AT_START),
        (params.end_phrases, line_rules.AT_END),
        (params.phrases, line_rules.ANYWHERE),
        (params.counted, line_rules.COUNTED),
    )
    table = [(phrase.lower().encode(), kind) for phrases, kind in kinds for phrase in phrases if phrase]
    lengths = np.array([0, *(len(phrase) for phrase, _ in table)], np.int32)
    data = np.frombuffer(b"".join(phrase for phrase, _ in table), np.uint8)
    return data, np.cumsum(lengths, dtype=np.int32), np.array([kind for _, kind in table], np.uint8)


STEP = Step(
    name="refinedweb_lines",
    version=1,
    params=RefinedWebLinesParams,
    run=run,
    signals={
        "refinedweb_flagged_words_frac": Signal(
            "double", "Words in lines that are cut or edited, over all, 0 to 1; RefinedWeb drops above 0.05.", _SOURCE
        ),
        "refinedweb_flagged_lines": Signal("int32", "Lines that are cut or edited.", _SOURCE),
    },
    spans={
        "line_mainly_uppercase": "More than max_uppercase of its letters are capitals: a heading or a banner.",
        "line_only_numbers": "The line has digits, and besides them marks at most: a page number, a date, a cell.",
        "line_counter": 'The line is a number and what it counts, as "3 likes".',
        "line_one_word": "The line is one word: a link of a menu.",
        "navigation_phrase": "One of the phrases that lead through a site, in a line of few words.",
    },
)
