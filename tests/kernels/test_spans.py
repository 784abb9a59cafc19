"""Spans against plain-Python twins."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.document import SPANS
from redpyjama.kernels.spans import apply_spans, to_original

Span = dict[str, int | str]


def twin(text: str, spans: list[Span] | None) -> str:
    """What apply_spans does, on one text."""
    data, result, at = text.encode(), b"", 0
    for span in spans or []:
        result += data[at : span["start"]] + str(span["replacement"]).encode()
        at = span["end"]
    return (result + data[at:]).decode()


@st.composite
def spans_of(draw: st.DrawFn, text: str, rules: str) -> list[Span] | None:
    """Sorted spans at character boundaries; touching, empty and whole-text ones included."""
    if draw(st.integers(0, 9)) == 0:
        return None
    boundaries = [len(text[:i].encode()) for i in range(len(text) + 1)]
    edges = sorted(draw(st.lists(st.sampled_from(boundaries), max_size=8)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    words = st.sampled_from(["", "", "x", "<E>", "äß", "…"])
    return [
        {"start": start, "end": end, "rule": draw(st.sampled_from(rules)), "replacement": draw(words)}
        for start, end in pairs
    ]


@st.composite
def cases(draw: st.DrawFn) -> list[tuple[str, list[Span] | None, list[Span] | None]]:
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        text = draw(st.text(alphabet="abc é€😀\n", max_size=16))
        outer = draw(spans_of(text, "AB"))
        inner = draw(spans_of(twin(text, outer), "ij"))
        rows.append((text, outer, inner))
    return rows


def columns(rows: list[tuple[str, list[Span] | None, list[Span] | None]]) -> tuple[pa.Array, pa.Array, pa.Array]:
    texts, outer, inner = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.array(texts, pa.string()), pa.array(outer, SPANS), pa.array(inner, SPANS)


@given(cases())
def test_applying_spans_is_what_plain_python_does(rows):
    texts, outer, _ = columns(rows)

    assert apply_spans(texts, outer).to_pylist() == [twin(text, spans) for text, spans, _ in rows]


@given(cases())
def test_translated_spans_make_the_same_text_from_the_original(rows):
    texts, outer, inner = columns(rows)

    merged = to_original(inner, outer)

    assert merged.type == SPANS
    assert merged.null_count == 0
    merged.validate(full=True)
    twice = apply_spans(apply_spans(texts, outer), inner)
    assert apply_spans(texts, merged).to_pylist() == twice.to_pylist()
    for spans in merged.to_pylist():
        edges = [edge for span in spans for edge in (span["start"], span["end"])]
        assert edges == sorted(edges)


@given(cases())
def test_a_span_that_touches_no_replacement_keeps_its_rule(rows):
    rows = [(t, o and [{**s, "replacement": ""} for s in o], None) for t, o, _ in rows]
    texts, outer, _ = columns(rows)
    cut = apply_spans(texts, outer).to_pylist()
    inner = [[{"start": 0, "end": len(t.encode()), "rule": "all", "replacement": ""}] if t else None for t in cut]

    merged = to_original(pa.array(inner, SPANS), outer).to_pylist()

    for text, spans, whole in zip(cut, merged, outer.to_pylist(), strict=True):
        assert ([s["rule"] for s in spans if s["rule"] == "all"] == ["all"]) if text else spans == (whole or [])


@given(cases(), st.integers(0, 3), st.integers(0, 3))
def test_slices_of_columns_are_honoured(rows, start, length):
    texts, outer, inner = (column.slice(start, length) for column in columns(rows))

    assert apply_spans(texts, outer).to_pylist() == [twin(t, o) for t, o, _ in rows[start : start + length]]
    twice = apply_spans(apply_spans(texts, outer), inner).to_pylist()
    assert apply_spans(texts, to_original(inner, outer)).to_pylist() == twice


def span(start: int, end: int, replacement: str = "", rule: str = "r") -> Span:
    return {"start": start, "end": end, "rule": rule, "replacement": replacement}


def merge(inner: list[Span], outer: list[Span]) -> list[Span]:
    return to_original(pa.array([inner], SPANS), pa.array([outer], SPANS)).to_pylist()[0]


def test_a_span_over_cut_text_covers_it_in_the_original_too():
    assert merge([span(1, 3, rule="in")], [span(2, 5, rule="out")]) == [span(1, 6, rule="in")]


@pytest.mark.parametrize("replacement", ["", "<E>"])
def test_spans_that_only_touch_stay_apart_with_their_rules(replacement):
    outer = [span(10, 20, replacement, rule="out")]
    behind = 10 + len(replacement)

    before, after = span(5, 10, rule="in"), span(behind, behind + 5, rule="in")
    assert merge([before], outer) == [before, *outer]
    assert merge([after], outer) == [*outer, span(20, 25, rule="in")]
    assert merge([before, after], outer) == [before, *outer, span(20, 25, rule="in")]


def test_a_span_stops_where_the_replacement_that_it_reaches_into_stops():
    merged = merge([span(5, 11, rule="a"), span(12, 14, rule="b")], [span(10, 20, "<E", rule="out")])

    assert merged == [span(5, 20, "E", rule="a"), span(20, 22, rule="b")]


def test_a_cut_right_behind_a_span_that_swallowed_another_stays_apart():
    outer = [span(2, 4, rule="out"), span(8, 9, rule="out"), span(12, 13, "X", rule="out")]

    assert merge([span(0, 6, rule="in")], outer) == [span(0, 8, rule="in"), *outer[1:]]
    assert merge([span(0, 9, rule="in")], outer) == [span(0, 12, rule="in"), outer[2]]


def test_a_span_that_touches_a_replacement_takes_over_what_remains_of_it():
    outer = [span(10, 30, "<EMAIL>", rule="pii")]

    assert merge([span(12, 20, rule="line")], outer) == [span(10, 33, "<E", rule="line")]
    assert merge([span(5, 12, rule="line")], outer) == [span(5, 30, "MAIL>", rule="line")]
    assert merge([span(11, 12, "m", "a"), span(13, 14, "l", "b")], outer) == [span(10, 30, "<mMlIL>", rule="a")]


def test_no_spans_return_the_very_same_array():
    texts = pa.array(["a", "b"])

    assert apply_spans(texts, pa.array([None, []], SPANS)) is texts


def test_no_inner_spans_return_the_outer_ones_without_nulls():
    outer = pa.array([None, [span(0, 1)]], SPANS)

    assert to_original(pa.array([None, None], SPANS), outer).to_pylist() == [[], [span(0, 1)]]


def test_what_lies_under_a_null_is_no_span():
    hidden = pa.array([[span(0, 1)], [span(1, 2)]], SPANS)
    masked = pa.ListArray.from_arrays(hidden.offsets, hidden.values, type=SPANS, mask=pa.array([True, False]))

    assert apply_spans(pa.array(["ab", "ab"]), masked).to_pylist() == ["ab", "a"]
    assert to_original(masked, pa.array([None, None], SPANS)).to_pylist() == [[], [span(1, 2)]]


@pytest.mark.parametrize(
    "wrong",
    [
        [span(0, 9)],
        [span(3, 2)],
        [span(-1, 1)],
        [span(1, 3), span(2, 4)],
        [span(3, 4), span(0, 1)],
        [span(0, 1, rule="half an é")],
    ],
)
def test_wrong_spans_are_refused_and_located(wrong):
    with pytest.raises(ValueError, match="spans of row 1"):
        apply_spans(pa.array(["", "éabc"]), pa.array([None, wrong], SPANS))


def test_disordered_spans_are_not_merged():
    good, bad = pa.array([[span(0, 1)]], SPANS), pa.array([[span(3, 4), span(0, 1)]], SPANS)

    with pytest.raises(ValueError, match="inner spans of row 0"):
        to_original(bad, good)
    with pytest.raises(ValueError, match="outer spans of row 0"):
        to_original(good, bad)


def test_kernels_take_read_only_and_writable_buffers():
    texts = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 3], np.int32)), pa.py_buffer(b"abc"))

    assert apply_spans(texts, pa.array([[span(1, 2, "X")]], SPANS)).to_pylist() == ["aXc"]
