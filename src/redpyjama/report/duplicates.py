"""How the copies of a document differ from the one that was kept: as data, and aligned for the terminal.

Texts are compared word by word; characters of scripts that put no space between words are words. White space does not
count. Work and memory are bounded: of each text the first `MAX_CHARACTERS` are compared (what lies beyond is counted),
and gaps without anything to hold on to count as changed; see `redpyjama.report.alignment`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from rich.text import Text

from redpyjama.report.alignment import common_blocks
from redpyjama.report.safe import safe

MAX_CHARACTERS: Final = 2_000_000
"""Of a text that are compared: about 300,000 words, three seconds."""

CONTEXT: Final = 80
"""Characters that stay at either end of a stretch that is shortened."""

Kind = Literal["same", "removed", "added", "not_compared"]

_SHORTENED: Final = 3 * CONTEXT  # a stretch that is not much longer than what would stay of it is shown whole
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Kana and Chinese characters."""

_WORD: Final = re.compile(rf"([{_UNSPACED}]|[^\s{_UNSPACED}]+)\s*")
_STYLES: Final = {"same": "", "removed": "red", "added": "green", "not_compared": "dim"}
_MARKS: Final = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}"), "not_compared": ("", "")}
_SAYS: Final = {"same": "the same", "removed": "removed", "added": "added", "not_compared": "not compared"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of two aligned texts.

    Attributes:
        kind: "same": in both, as the kept text has it; "removed": only in the kept text; "added": only in the copy;
            "not_compared": behind what is compared, of the longer text.
        text: How it begins; all of it unless *left_out*. As it stands in the corpus: whoever shows it must escape it.
        left_out: Characters left out behind *text*.
        tail: How it ends, where characters are left out.
    """

    kind: Kind
    text: str
    left_out: int = 0
    tail: str = ""


def difference(kept: str, copy: str) -> list[Segment]:
    """Return how a copy differs from the kept text, long stretches shortened."""
    one, other = kept[:MAX_CHARACTERS], copy[:MAX_CHARACTERS]
    found = list(_stretches(one, other))
    segments = [_shortened(kind, text) for kind, text in found]
    if len(segments) > 1:  # what is the same stays only beside what is not
        segments[0], segments[-1] = _without_start(segments[0]), _without_end(segments[-1])
    beyond = max(len(kept), len(copy)) - MAX_CHARACTERS
    if beyond > 0:
        segments.append(Segment(kind="not_compared", text="", left_out=beyond))
    return segments


def as_data(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Return segments as plain data, for JSON."""
    return [asdict(segment) for segment in segments]


def as_text(segments: Sequence[Segment]) -> Text:
    """Return segments for the terminal: [-removed-] and {+added+} words, safe to print whatever the texts hold."""
    found = Text()
    for segment in segments:
        style, (opening, closing) = _STYLES[segment.kind], _MARKS[segment.kind]
        text, tail = safe(segment.text), safe(segment.tail)
        last = tail if segment.left_out else text
        end = last[len(last.rstrip()) :]  # white space stands behind the closing mark
        parts = [(opening, style), (text, style)]
        if segment.left_out:
            characters = "character" if segment.left_out == 1 else "characters"
            parts += [(f" ... {segment.left_out:,} {characters} {_SAYS[segment.kind]} ... ", "dim"), (tail, style)]
        parts[-1] = (last[: len(last) - len(end)], style)
        found.append_text(Text.assemble(*parts, (closing, style), end))
    return found


def _stretches(one: str, other: str) -> Iterator[tuple[Kind, str]]:
    """Yield what is the same, removed and added, in order; white space goes with the word before it."""
    words, other_words = list(_WORD.finditer(one)), list(_WORD.finditer(other))
    blocks = common_blocks([found[1] for found in words], [found[1] for found in other_words])
    i = j = 0
    for at, other_at, length in [*blocks, (len(words), len(other_words), 0)]:
        if i < at:
            yield "removed", _text(words, i, at)
        if j < other_at:
            yield "added", _text(other_words, j, other_at)
        if length:
            yield "same", _text(words, at, at + length)
        i, j = at + length, other_at + length


def _text(words: Sequence[re.Match[str]], first: int, last: int) -> str:
    return words[first].string[words[first].start() : words[last - 1].end()]


def _shortened(kind: Kind, text: str) -> Segment:
    if len(text) <= _SHORTENED:
        return Segment(kind=kind, text=text)
    before, space, _ = text[:CONTEXT].rpartition(" ")
    head = before + space or text[:CONTEXT]
    tail = text[-CONTEXT:].partition(" ")[2] or text[-CONTEXT:]
    return Segment(kind=kind, text=head, left_out=len(text) - len(head) - len(tail), tail=tail)


def _without_start(segment: Segment) -> Segment:
    if segment.kind != "same" or not segment.left_out:
        return segment
    return replace(segment, text="", left_out=segment.left_out + len(segment.text))


def _without_end(segment: Segment) -> Segment:
    if segment.kind != "same" or not segment.left_out:
        return segment
    return replace(segment, left_out=segment.left_out + len(segment.tail), tail="")
