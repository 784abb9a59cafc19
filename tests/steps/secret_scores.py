"""How many of the authored secrets were found, and how much of what was found is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.steps.secret_items import Item

Hit = tuple[str, int, int]
"""Kind, start, end in bytes of the text."""


@dataclass(slots=True)
class Score:
    """Of one kind: authored secrets, those found whole, those touched at all, hits, and hits that touch a secret."""

    secrets: int = 0
    whole: int = 0
    touched: int = 0
    hits: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        return self.touched / max(self.secrets, 1)

    @property
    def precision(self) -> float:
        return self.right / self.hits if self.hits else 1.0


def scores(items: Sequence[Item], found: Sequence[Sequence[Hit]]) -> dict[str, Score]:
    """Return the score of each kind, and of all as ""."""
    answer: dict[str, Score] = {"": Score()}
    for item, hits in zip(items, found, strict=True):
        text, secret = item.text.encode(), item.secret.encode()
        start = text.index(secret) if secret else len(text)
        end = start + len(secret)
        touching = [hit for hit in hits if hit[1] < end and hit[2] > start]
        for name in ("", item.kind) if secret else ():
            score = answer.setdefault(name, Score())
            score.secrets += 1
            score.touched += bool(touching)
            score.whole += any(hit[1:] == (start, end) for hit in touching)
        for hit in hits:
            for name in ("", hit[0]):
                score = answer.setdefault(name, Score())
                score.hits += 1
                score.right += hit in touching
    return answer
