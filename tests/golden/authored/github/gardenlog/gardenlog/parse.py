"""Lines of the diary: a day, a verb, a crop, and what is known about it."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


class DiaryError(ValueError):
    """A line cannot be read. The message names the line and what is wrong with it."""


@dataclass(frozen=True)
class Event:
    """Something that was done to a crop on a day."""

    day: datetime.date
    verb: str
    crop: str
    details: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> float:
        """Return a detail as a number, or zero where it is missing."""
        return float(self.details.get(name, 0))


def events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the event of each line that has one; blank lines and comments have none."""
    for number, line in enumerate(lines, 1):
        words = shlex.split(line, comments=True)
        if words:
            yield _event(number, words)


def _event(number: int, words: list[str]) -> Event:
    if len(words) < 3:
        raise DiaryError(f"line {number}: expected a day, a verb and a crop, found {' '.join(words)!r}")
    day, verb, crop, *rest = words
    try:
        parsed = datetime.date.fromisoformat(day)
    except ValueError as error:
        raise DiaryError(f"line {number}: {day!r} is no day such as 2026-05-04") from error
    details = {}
    for word in rest:
        name, equals, value = word.partition("=")
        if not equals:
            raise DiaryError(f"line {number}: {word!r} should have the form name=value")
        details[name] = value
    return Event(parsed, verb, crop, details)
