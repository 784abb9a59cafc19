"""Numbers as people read them; one way for pages, Markdown and terminal."""

from __future__ import annotations

_LARGE = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
_BYTES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "B"))


def count(number: float | None) -> str:
    """Return three significant digits with T, B, M or k: 1_213_000_000_000 is "1.21 T", 512 is "512"; None is "–".

    >>> count(1_213_000_000_000), count(999_600), count(20), count(0), count(None)
    ('1.21 T', '1.00 M', '20', '0', '–')
    """
    if number is None:
        return "–"
    for size, letter in _LARGE:
        if number >= size * 0.9995:
            return f"{_digits(number / size)} {letter}"
    return f"{number:.0f}"


def size(num_bytes: float | None) -> str:
    """Return three significant digits with a decimal unit: 5_148_000 is "5.15 MB"; None is "–"."""
    if num_bytes is None:
        return "–"
    for unit, name in _BYTES:
        if num_bytes >= unit * 0.9995:
            return f"{_digits(num_bytes / unit)} {name}" if unit > 1 else f"{num_bytes:.0f} B"
    return "0 B"


def percent(share: float | None) -> str:
    """Return a share as "67.0 %"; shares that are there but round to nothing are "< 0.1 %"; None is "–"."""
    if share is None:
        return "–"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{share:.1%}".replace("%", " %")


def ratio(value: float | None) -> str:
    """Return two decimals below 10, none beyond; None is "–"."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _digits(value: float) -> str:
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
