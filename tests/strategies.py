"""Shared hypothesis strategies: text as hostile as Unicode allows."""

from __future__ import annotations

from hypothesis import strategies as st

ODD = "\x00\t\n\r\x0b\x0c\x1c\x1f\x85\xa0\u2028\u2029\u3000é…”’»ǅⅫ٣一\u0301\ufeff\U0001f600\U0010ffff"
"""Every kind of line end and blank, marks that are no ASCII, letters of odd classes, and the longest encodings."""

characters = st.sampled_from(ODD) | st.characters(exclude_categories=("Cs",))

unicode_texts = st.text(characters)


def texts_of(*pieces: str) -> st.SearchStrategy[str]:
    """Texts put together from the pieces that a rule looks for, and from anything else."""
    piece = st.sampled_from(pieces) | st.sampled_from(ODD) | st.text(characters, max_size=3)
    return st.lists(piece, max_size=40).map("".join)
