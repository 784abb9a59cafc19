# Copyright (c) 2026 The tideclock authors
# Licensed under the MIT License. See LICENSE in the project root.
#
# All rights not granted there are reserved.

"""Height of the tide as a sum of cosines."""

import math
from dataclasses import dataclass
from datetime import datetime, timezone

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Constituent:
    """One wave: degrees per hour, metres, degrees."""

    name: str
    speed: float
    amplitude: float
    phase: float

    def at(self, hours):
        return self.amplitude * math.cos(math.radians(self.speed * hours - self.phase))


def hours_since_epoch(moment):
    if moment.tzinfo is None:
        raise ValueError("the moment has no time zone, and a tide at a guessed time is worse than none")
    return (moment - EPOCH).total_seconds() / 3600


def height(constituents, moment, mean=0.0):
    """Return the height above chart datum in metres."""
    hours = hours_since_epoch(moment)
    return mean + sum(c.at(hours) for c in constituents)


def turning_points(constituents, start, hours=25, step=0.1):
    """Yield (hours after start, is_high) of each high and low water, to the nearest step.

    >>> m2 = Constituent("M2", 28.984, 2.0, 0.0)
    >>> len(list(turning_points([m2], EPOCH)))
    4
    """
    first = hours_since_epoch(start)
    count = int(hours / step)
    heights = [sum(c.at(first + i * step) for c in constituents) for i in range(count + 2)]
    for i in range(1, count + 1):
        before, here, after = heights[i - 1 : i + 2]
        if before < here >= after:
            yield i * step, True
        elif before > here <= after:
            yield i * step, False
