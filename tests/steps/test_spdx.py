"""Licence expressions are judged as SPDX means them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.steps.spdx import permits

PATTERNS = ("MIT", "BSD-*", "Apache-*")


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", True),
        ("mit", True),
        ("BSD-3-Clause", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-2.0-only OR MIT AND BSD-2-Clause", True),
        ("(GPL-2.0-only OR MIT) AND MPL-2.0", False),
        ("(GPL-2.0-only OR (MIT)) AND Apache-2.0", True),
        ("MIT-0", False),
        (None, False),
        ("", False),
        ("MIT AND", False),
        ("(MIT", False),
        ("MIT)", False),
        ("MIT BSD-3-Clause", False),
        ("(" * 100_000 + "MIT", False),
    ],
)
def test_expressions(expression: str | None, verdict: bool) -> None:
    assert permits(expression, PATTERNS) is verdict


@given(st.lists(st.sampled_from(["MIT", "GPL-2.0", "AND", "OR", "WITH", "(", ")", "é"])).map(" ".join))
def test_nothing_that_is_no_expression_raises(expression: str) -> None:
    assert permits(expression, PATTERNS) in (True, False)
