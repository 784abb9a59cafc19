"""Answers to questions about a diary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gardenlog.parse import Event


def harvest_by_crop(events: Iterable[Event]) -> dict[str, float]:
    """Return the kilograms that each crop gave, the best one first."""
    totals: dict[str, float] = defaultdict(float)
    for event in events:
        if event.verb == "harvested":
            totals[event.crop] += event.number("kg")
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def days_of(events: Iterable[Event], verb: str, crop: str) -> dict[int, list[str]]:
    """Return for each year on which days, as month and day, something was done to a crop."""
    years: dict[int, list[str]] = defaultdict(list)
    for event in events:
        if event.verb == verb and event.crop == crop:
            years[event.day.year].append(f"{event.day:%m-%d}")
    return {year: sorted(days) for year, days in sorted(years.items())}


def rotation_warnings(events: Iterable[Event], families: dict[str, str]) -> list[str]:
    """Say where a family of plants follows itself in the same bed in the next year."""
    grown: dict[tuple[str, int], set[str]] = defaultdict(set)
    for event in events:
        if event.verb == "sowed" and "bed" in event.details:
            family = families.get(event.crop, event.crop)
            grown[event.details["bed"], event.day.year].add(family)
    warnings = []
    for (bed, year), present in sorted(grown.items()):
        for family in sorted(present & grown.get((bed, year - 1), set())):
            warnings.append(f"bed {bed}: {family} in {year - 1} and again in {year}")
    return warnings
