from __future__ import annotations

import tarfile
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.dedup import meetings, substrings
from redpyjama.dedup.substrings import SubstringsParams
from redpyjama.errors import UsageError
from redpyjama.kernels.spans import apply_spans
from tests.strategies import unicode_texts

Spans = list[tuple[int, int]]


def expected(shards: list[list[str]], params: SubstringsParams) -> tuple[list[list[Spans]], list[list[int]]]:
    """The spans of each text, and how many of its bytes are repeated: every window is looked at."""
    n = params.length
    places: dict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for s, texts in enumerate(shards):
        for d, text in enumerate(texts):
            data = text.encode()
            for i in range(len(data) - n + 1):
                places[data[i : i + n]].append((s, d, i))
    spans, repeated = [], []
    for s, texts in enumerate(shards):
        spans.append([])
        repeated.append([])
        for d, text in enumerate(texts):
            data = text.encode()
            again, goes = [False] * len(data), [False] * len(data)
            for i in range(len(data) - n + 1):
                found = places[data[i : i + n]]
                if len(found) < params.min_count:
                    continue
                again[i : i + n] = [True] * n
                shard, document, at = found[0]
                if params.keep == "none" or (shard, document) != (s, d) or i >= at + n:
                    goes[i : i + n] = [True] * n
            repeated[-1].append(sum(again))
            spans[-1].append(whole_characters(data, goes))
    return spans, repeated


def whole_characters(data: bytes, goes: list[bool]) -> Spans:
    """Ranges of bytes that go, without pieces of characters at either end."""
    found, start = [], 0
    while start < len(data):
        if not goes[start]:
            start += 1
            continue
        stop = goes.index(False, start) if False in goes[start:] else len(data)
        first, last = start, stop
        while first < stop and data[first] & 0xC0 == 0x80:
            first += 1
        while last > first and last < len(data) and data[last] & 0xC0 == 0x80:
            last -= 1
        if first < last:
            found.append((first, last))
        start = stop
    return found


def batch_of(texts: list[str]) -> pa.RecordBatch:
    ids = [str(i) for i in range(len(texts))]
    return pa.record_batch({"document_id": pa.array(ids, pa.string()), "text": pa.array(texts, pa.string())})


def run(shards: list[list[str]], params: SubstringsParams, *, num_partitions: int = 1, rows: int = 2, group: str = ""):
    """Hold the meetings as the graph does, and mark; return spans and signals."""
    answers: list[pa.Table | None] = [None] * len(shards)
    for meeting in substrings.STEP.meetings:
        sent = []
        for shard, texts in enumerate(shards):
            batches = (batch_of(texts[i : i + rows]) for i in range(0, len(texts), rows))
            batch = meeting.send(batches, answers[shard], params)
            assert batch.schema == meeting.records
            keys = meetings.mixed(batch["key"].to_numpy(), group)
            table = pa.Table.from_batches([batch.set_column(0, "key", pa.array(keys))])
            sent.append(table.append_column("shard", pa.array(np.full(table.num_rows, shard, np.int32))))
        records = pa.concat_tables(sent)
        partition = meetings.partition_of(records["key"].to_numpy(), num_partitions)
        met = [meeting.meet(records.filter(pa.array(partition == p)), params) for p in range(num_partitions)]
        assert all(table.schema == meeting.answers for table in met)
        table = pa.concat_tables(met).sort_by([(name, "ascending") for name in meeting.answers.names])
        answers = [table.filter(pa.array(table["shard"].to_numpy() == shard)) for shard in range(len(shards))]
    spans, signals = [], []
    for shard, texts in enumerate(shards):
        spans.append([])
        for i in range(0, len(texts), rows):
            batch = batch_of(texts[i : i + rows])
            found = substrings.mark(batch, i, answers[shard], params)
            apply_spans(batch["text"], found["spans"])  # raises if they are no whole characters
            spans[-1] += [[(span["start"], span["end"]) for span in row] for row in found["spans"].to_pylist()]
            signals += found.drop_columns(["spans"]).to_pylist()
    return spans, signals


def check(shards, params, **how):
    spans, signals = run(shards, params, **how)
    all_spans, repeated = expected(shards, params)
    assert spans == all_spans
    texts = [text.encode() for shard in shards for text in shard]
    counts = [count for shard in repeated for count in shard]
    cut = [found for shard in spans for found in shard]
    for signal, text, count, found in zip(signals, texts, counts, cut, strict=True):
        assert signal["repeated_substring_share"] == pytest.approx(count / max(len(text), 1))
        assert signal["repeated_substring_spans"] == len(found)
        assert signal["repeated_substring_bytes_left"] == len(text) - sum(b - a for a, b in found)


_params = st.builds(
    SubstringsParams,
    length=st.sampled_from([8, 9, 12, 20]),
    keep=st.sampled_from(["none", "first"]),
    min_count=st.sampled_from([2, 2, 3]),
)


@st.composite
def _shards(draw: st.DrawFn, alphabet: st.SearchStrategy[str]) -> list[list[str]]:
    """Texts put together from few pieces, so that they share substrings of all lengths."""
    pieces = draw(st.lists(alphabet, min_size=1, max_size=5))
    piece = st.sampled_from(pieces) | alphabet
    text = st.lists(piece, max_size=8).map("".join)
    return draw(st.lists(st.lists(text, max_size=4), min_size=1, max_size=4))


@settings(max_examples=300)
@given(shards=_shards(st.text("ab", max_size=30)) | _shards(st.text("abcd", max_size=12)) | _shards(unicode_texts),
       params=_params, num_partitions=st.sampled_from([1, 2, 7]), rows=st.sampled_from([1, 2, 5]),
       group=st.sampled_from(["", "c4"]))  # fmt: skip
@example(
    shards=[["a" * 100], ["b", "a" * 31]],
    params=SubstringsParams(length=8, keep="first"),
    num_partitions=1,
    rows=1,
    group="",
)
@example(
    shards=[["ab" * 50 + "c" + "ab" * 20]],
    params=SubstringsParams(length=8, keep="first"),
    num_partitions=2,
    rows=1,
    group="",
)
@example(shards=[["é" * 30, "x" + "é" * 9]], params=SubstringsParams(length=9), num_partitions=2, rows=1, group="")
def test_same_bytes_as_every_window_looked_at(shards, params, num_partitions, rows, group):
    check(shards, params, num_partitions=num_partitions, rows=rows, group=group)


@settings(max_examples=30)
@given(shards=_shards(unicode_texts), params=_params, cut=st.integers(0, 8))
def test_what_repeats_does_not_depend_on_shards(shards, params, cut):
    texts = [text for shard in shards for text in shard]
    whole, _ = run([texts], params)
    parts, _ = run([texts[:cut], texts[cut:]], params, num_partitions=3)

    assert parts[0] + parts[1] == whole[0]


QUOTE = "a sentence that several documents quote word for word"


def texts_left(shards: list[list[str]], params: SubstringsParams) -> list[list[str]]:
    spans, _ = run(shards, params)
    left = []
    for texts, found in zip(shards, spans, strict=True):
        column = [[{"start": a, "end": b, "rule": "", "replacement": ""} for a, b in each] for each in found]
        left.append(apply_spans(pa.array(texts), pa.array(column, substrings.SPANS)).to_pylist())
    return left


def test_a_quotation_goes_from_every_document():
    shards = [[f"One: {QUOTE}, says one.", "unique"], [f"Two: {QUOTE}! {QUOTE}?"]]

    assert texts_left(shards, SubstringsParams(length=30)) == [["One, says one.", "unique"], ["Two!?"]]


def test_the_first_place_keeps_it():
    shards = [[f"One: {QUOTE}, says one.", "unique"], [f"Two: {QUOTE}! {QUOTE}?"]]

    assert texts_left(shards, SubstringsParams(length=30, keep="first")) == [shards[0], ["Two!?"]]
    assert texts_left([["=" * 100, "=" * 100]], SubstringsParams(length=30, keep="first")) == [["=" * 30, ""]]
    assert texts_left([["12345678" * 9]], SubstringsParams(length=20, keep="first")) == [["12345678" * 3]]


def test_a_long_text_in_two_places_differs_in_one():
    """What goes around the difference is all but the N - 1 bytes on either side that no repeated window has."""
    text = "".join(f"{i:04}" for i in range(1000))
    other = text[:2000] + "x" + text[2001:]

    check([[text], [other]], SubstringsParams(length=200))
    assert texts_left([[text], [other]], SubstringsParams(length=200)) == [["0"], ["x"]]
    check([[text], [other], ["y" + text[1900:2300]]], SubstringsParams(length=200, keep="first"), num_partitions=5)


def test_no_batch_and_empty_batches():
    assert run([[], [""], ["short"]], SubstringsParams())[0] == [[], [[]], [[]]]
    assert substrings.send_anchors(iter([batch_of([])]), None, SubstringsParams()).num_rows == 0
    assert substrings.mark(batch_of([]), 0, substrings.RANGES.empty_table(), SubstringsParams()).num_rows == 0


def test_a_slice_of_a_batch_is_read_where_it_begins():
    texts = batch_of(["é", "x" * 9, "", "é" + "x" * 8]).slice(1)
    anchors = substrings.send_anchors(iter([texts]), None, SubstringsParams(length=8))

    assert anchors.select(["row", "start", "times"]).to_pylist() == [
        {"row": 0, "start": 0, "times": 2},
        {"row": 2, "start": 0, "times": 1},
        {"row": 2, "start": 1, "times": 1},
        {"row": 2, "start": 2, "times": 1},
    ]


def test_text_that_stands_once_sends_no_text():
    """And neither does what stands in several places as a whole: only the ends of what does are compared."""
    text = "".join(f"{i:04}" for i in range(1000))
    params = SubstringsParams(length=200)

    def sent(shards: list[list[str]]) -> int:
        tables = []
        for shard, texts in enumerate(shards):
            table = pa.Table.from_batches([substrings.send_anchors(iter([batch_of(texts)]), None, params)])
            tables.append(table.append_column("shard", pa.array([shard] * table.num_rows, pa.int32())))
        candidates = substrings.meet_anchors(pa.concat_tables(tables), params)
        total = 0
        for shard, texts in enumerate(shards):
            mine = candidates.filter(pa.array(candidates["shard"].to_numpy() == shard)).sort_by("row")
            texts_sent = substrings.send_texts(iter([batch_of(texts)]), mine, params)
            total += sum(len(each) for each in texts_sent["text"].to_pylist())
        return total

    assert sent([[text], [text[::-1]]]) == 0
    assert sent([[text], [text, text]]) == 0
    assert 0 < sent([[text], [text[:3000] + "x"]]) < 2000


@pytest.mark.parametrize(("name", "value"), [("length", 7), ("length", 65_536), ("min_count", 1)])
def test_parameters_that_make_no_sense_are_refused(name, value):
    with pytest.raises(UsageError, match=name):
        SubstringsParams(**{name: value})


@pytest.mark.parametrize("keep", ["none", "first"])
def test_the_licence_in_books(realdata, keep):
    """The beginnings and ends of four books, which all carry the same licence, some in another edition."""
    path = realdata / "books" / "project-gutenberg-txt" / "project-gutenberg-txt.tar.xz"
    texts = []
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name.endswith(".txt") and (file := tar.extractfile(member)):
                text = file.read().decode("utf-8", "replace")
                texts.append(text[:5_000] + text[-25_000:])
            if len(texts) == 4:
                break
    params = SubstringsParams(keep=keep)

    check([texts[:2], texts[2:]], params, num_partitions=3)

    _, signals = run([texts], params)
    assert all(signal["repeated_substring_share"] > 0.2 for signal in signals)
