"""Raised and lowered characters as plain text."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_DIGITS = frozenset("0123456789+-−=()n")


def superscript(text: str) -> str:
    """Return raised text: in raised digits where Unicode has them all, else as letters stand ("19th", "XIXe").

    Italic letters are variables (``e<sup>''x''</sup>``) and get a caret.
    """
    plain = text.strip()
    if plain and all(c in _DIGITS for c in plain):
        return plain.translate(_RAISED)
    if plain.startswith("''"):
        bare = plain.replace("''", "")
        return f"^{bare}" if len(bare) == 1 else f"^({bare})"
    return plain


def subscript(text: str) -> str:
    """Return lowered text: as it stands ("H2O", "vmax"); italic letters are indices and get an underscore."""
    plain = text.strip()
    if plain.startswith("''"):
        bare = plain.replace("''", "")
        return f"_{bare}" if len(bare) == 1 else f"_({bare})"
    return plain
