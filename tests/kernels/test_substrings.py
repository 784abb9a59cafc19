"""Windows, their anchors and stretches agree with the definitions, written out in plain Python."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.kernels import arrow, substrings

LENGTH, GRAM = 12, 3

# Few letters, and pieces that come again: windows repeat, overlap, and stand in rows.
_piece = st.text("ab", max_size=20) | st.text("abc", max_size=6)
_texts = st.lists(
    st.lists(_piece, min_size=1, max_size=3).flatmap(lambda pieces: st.lists(st.sampled_from(pieces), max_size=8)).map("".join),
    max_size=5,
)  # fmt: skip


def find(texts: list[str], length: int = LENGTH, gram: int = GRAM) -> substrings.Stretches:
    offsets, data = arrow.buffers(pa.array(texts, pa.string()))
    return substrings.find_stretches(data, offsets, length, gram)


def stretches_of(texts: list[str], length: int = LENGTH, gram: int = GRAM) -> list[tuple[int, int, int, int, int, int]]:
    """(document, start in its text, back, windows, key, hash) of all stretches, those in a row each by itself."""
    found = find(texts, length, gram)
    offsets = np.concatenate([[0], np.cumsum([len(text.encode()) for text in texts])])
    result = []
    for document, (first, last) in enumerate(itertools.pairwise(found.doc_offsets.tolist())):
        for i in range(first, last):
            for j in range(found.times[i]):
                start = int(found.start[i]) - int(offsets[document]) + j * int(found.windows[i])
                row = start, int(found.back[i]), int(found.windows[i]), int(found.key[i]), int(found.hash[i])
                result.append((document, *row))
    return result


@given(texts=_texts)
@example(texts=["a" * 50])
@example(texts=["ab" * 50, "ba" * 50])
@example(texts=["", "a" * 11, "a" * 12])
def test_each_window_is_in_one_stretch_and_its_anchor_depends_on_it_alone(texts):
    windows = defaultdict(list)
    anchors = {}
    for document, start, back, count, key, _ in stretches_of(texts):
        for i in range(start, start + count):
            window = texts[document][i : i + LENGTH]
            anchor = start + back - i
            assert 0 <= anchor <= LENGTH - GRAM
            assert anchors.setdefault(window, (anchor, key)) == (anchor, key)
            windows[document].append(i)
    for document, text in enumerate(texts):
        assert windows[document] == list(range(len(text) - LENGTH + 1))


@given(texts=_texts)
def test_hashes_are_equal_where_stretches_are(texts):
    distinct: dict[tuple[str, int], int] = {}
    for document, start, back, count, _, found in stretches_of(texts):
        same = texts[document][start : start + count - 1 + LENGTH], back
        assert distinct.setdefault(same, found) == found
    assert len(set(distinct.values())) == len(distinct)


def test_short_periods_are_few_stretches():
    assert len(find(["-" * 100_000]).key) == 1
    assert len(find(["- " * 50_000, "x" + "- " * 50_000]).key) <= 5
    assert find(["-" * 100_000]).times.tolist() == [100_000 - LENGTH + 1]


def test_stretches_are_as_many_as_they_should_be():
    letters = np.random.default_rng(7).integers(97, 123, 200_000, np.uint8).tobytes().decode()

    assert len(find([letters], 200, 50).key) == pytest.approx(200_000 * 2 / 152, rel=0.05)


def test_there_may_be_more_stretches_than_room_was_made_for():
    """Anchors as long as the windows: as many stretches as bytes."""
    digits = "".join(f"{i:06}" for i in range(4000))

    assert [(start, count) for _, start, _, count, _, _ in stretches_of([digits], 8, 8)] == [
        (i, 1) for i in range(len(digits) - 7)
    ]
    assert len(find([digits, "-" * 1000, digits], 150, 148).key) > 16_000


def repeated(texts: list[tuple[str, int]], groups: list[int], counts: list[int], length: int, min_count: int):
    """(stretch, window) -> stretch in which it stands first, of those that stand often enough."""
    found = {}
    for first, last in itertools.pairwise(groups):
        places = defaultdict(list)
        for i in range(first, last):
            text, back = texts[i]
            for w in range(len(text) - length + 1):
                places[back - w, text[w : w + length]].append((i, w))
        for each in places.values():
            if sum(counts[i] for i, _ in each) >= min_count:
                found |= dict.fromkeys(each, each[0][0])
    return found


@settings(max_examples=200)
@given(
    made=st.lists(
        st.lists(st.tuples(st.text("ab", min_size=8, max_size=14), st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=6),
        min_size=1, max_size=4,
    ),
    min_count=st.integers(2, 4), max_windows=st.sampled_from([1, 3, 10, 1000]),
)  # fmt: skip
def test_windows_are_compared_byte_by_byte(made, min_count, max_windows):
    texts, counts, groups = [], [], [0]
    for group in made:
        for text, more, count in group:
            texts.append((text, len(text) - 8 + more))
            counts.append(count)
        groups.append(len(texts))
    data = np.frombuffer("".join(text for text, _ in texts).encode(), np.uint8)
    sizes = np.array([len(text) for text, _ in texts])
    distinct = substrings.Distinct(
        groups=np.array(groups), begin=np.cumsum(sizes) - sizes, back=np.array([back for _, back in texts]),
        windows=sizes - 7, count=np.array(counts),
    )  # fmt: skip

    ranges = substrings.repeated_windows(data, distinct, 8, min_count, max_windows).tolist()

    found = {(i, w): first for i, low, high, first in ranges for w in range(low, high)}
    assert found == repeated(texts, groups, counts, 8, min_count)
    assert sum(high - low for _, low, high, _ in ranges) == len(found)
