"""How much of what authored texts hold was found, and how much of what was found is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Hit = tuple[str, int, int]
"""Kind, start, end in bytes of the text."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text, its kind or what it is instead, and what in it is to be found: "" for nothing."""

    kind: str
    text: str
    value: str = ""


@dataclass(slots=True)
class Score:
    """Of one kind: authored values, those found whole, those touched at all, hits, and hits that touch a value."""

    values: int = 0
    whole: int = 0
    touched: int = 0
    hits: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        return self.touched / max(self.values, 1)

    @property
    def precision(self) -> float:
        return self.right / self.hits if self.hits else 1.0


def scores(items: Sequence[Item], found: Sequence[Sequence[Hit]]) -> dict[str, Score]:
    """Return the score of each kind, and of all as ""."""
    answer: dict[str, Score] = {"": Score()}
    for item, hits in zip(items, found, strict=True):
        text, value = item.text.encode(), item.value.encode()
        start = text.index(value) if value else len(text)
        end = start + len(value)
        touching = [hit for hit in hits if hit[1] < end and hit[2] > start]
        for name in ("", item.kind) if value else ():
            score = answer.setdefault(name, Score())
            score.values += 1
            score.touched += bool(touching)
            score.whole += any(hit[1:] == (start, end) for hit in touching)
        for hit in hits:
            for name in ("", hit[0]):
                score = answer.setdefault(name, Score())
                score.hits += 1
                score.right += hit in touching
    return answer
