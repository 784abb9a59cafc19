"""Tides on a strip of lights."""

from tideclock.harmonics import Constituent, height

__all__ = ["Constituent", "height"]
