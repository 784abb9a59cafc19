from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.dedup import lines
from redpyjama.dedup.lines import LinesParams
from redpyjama.errors import UsageError
from redpyjama.kernels.spans import apply_spans
from tests.strategies import unicode_texts

PUNCTUATION = "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►"


def ccnet(line: str, *, newline: str = "") -> str:
    """CCNet's normalisation, one sigma for all three."""
    small = line.strip().lower().replace("ς", "σ").replace("\n", newline)
    digits = ["0" if unicodedata.category(c) == "Nd" else c for c in small]
    return "".join(c for c in digits if c not in PUNCTUATION and not (ord(c) < 32 or 127 <= ord(c) < 160))


def folded(line: str, *, newline: str = "") -> str:
    kept = []
    for c in unicodedata.normalize("NFD", line.lower().replace("ς", "σ")):
        rank = unicodedata.combining(c)
        if unicodedata.category(c) == "Nd":
            kept.append("0")
        elif c.isalnum() or (
            c.isprintable() and unicodedata.category(c)[0] == "M" and not _accent(rank) and not _hidden(c)
        ):
            kept.append(c)
    return "".join(kept)


def _accent(rank: int) -> bool:
    return rank == 1 or 10 <= rank <= 36 or rank >= 200


def _hidden(c: str) -> bool:
    return c == "\u034f" or "\u180b" <= c <= "\u180f" or "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"


TWINS = {"ccnet": ccnet, "folded": folded}


def units_of(text: str, params: LinesParams) -> list[tuple[int, int, str]]:
    """(start, stop, what is compared) of each line or paragraph, in characters."""
    twin = TWINS[params.normalisation]
    found, at = [], 0
    pieces = text.split("\n")
    for piece in pieces:
        found.append((at, at + len(piece)))
        at += len(piece) + 1
    if params.unit == "paragraphs":
        joined = []
        together = False
        for start, stop in found:
            if not text[start:stop].strip():
                together = False
            elif together:
                joined[-1] = (joined[-1][0], stop)
            else:
                joined.append((start, stop))
                together = True
        found = joined
    newline = " " if params.unit == "paragraphs" else ""
    return [(a, b, twin(text[a:b], newline=newline)) for a, b in found]


def expected(shards: list[list[str]], params: LinesParams) -> list[list[str]]:
    """What remains of each text, in plain Python."""
    documents: Counter[str] = Counter()
    first: dict[str, tuple[int, int]] = {}
    for s, texts in enumerate(shards):
        for d, text in enumerate(texts):
            for key in dict.fromkeys(key for _, _, key in units_of(text, params)):
                documents[key] += 1
                first.setdefault(key, (s, d))
    left: list[list[str]] = []
    for s, texts in enumerate(shards):
        left.append([])
        for d, text in enumerate(texts):
            seen: set[str] = set()
            cut = []
            units = units_of(text, params)
            for _, _, key in units:
                repeated = documents[key] >= params.min_count and not (params.keep == "first" and first[key] == (s, d))
                cut.append(len(key) >= params.min_chars and (repeated or (params.within and key in seen)))
                seen.add(key)
            left[-1].append(without(text, units, cut))
    return left


def without(text: str, units: list[tuple[int, int, str]], cut: list[bool]) -> str:
    gone = [False] * len(text)
    kept_end = 0
    for i, (start, stop, _) in enumerate(units):
        if not cut[i]:
            kept_end = stop
            continue
        end = units[i + 1][0] if i + 1 < len(units) else len(text)
        begin = start if i + 1 < len(units) else kept_end
        gone[begin:end] = [True] * (end - begin)
    return "".join(c for c, g in zip(text, gone, strict=True) if not g)


def batch_of(texts: list[str]) -> pa.RecordBatch:
    ids = [str(i) for i in range(len(texts))]
    return pa.record_batch({"document_id": pa.array(ids, pa.string()), "text": pa.array(texts, pa.string())})


def run(shards: list[list[str]], params: LinesParams, *, num_partitions: int = 1, rows: int = 2, salt: int = 0):
    """Send, meet, mark; return the texts that are left and the signals."""
    sent = []
    for shard, texts in enumerate(shards):
        batches = (batch_of(texts[i : i + rows]) for i in range(0, len(texts), rows))
        table = pa.Table.from_batches([lines.send(batches, None, params)])
        key = pa.array(table["key"].to_numpy() ^ np.uint64(salt))  # what the graph does to keep groups apart
        table = table.set_column(0, lines.RECORDS.field("key"), key)
        sent.append(table.append_column("shard", pa.array([shard] * table.num_rows, pa.int32())))
    records = pa.concat_tables(sent).sort_by([("shard", "ascending"), ("row", "ascending")])
    partition = records["key"].to_numpy() % num_partitions
    answers = pa.concat_tables(
        [lines.meet(records.filter(pa.array(partition == p)), params) for p in range(num_partitions)]
    )
    left, signals = [], []
    for shard, texts in enumerate(shards):
        mine = answers.filter(pa.array(answers["shard"].to_numpy() == shard)).sort_by("row")
        left.append([])
        for i in range(0, len(texts), rows):
            batch = batch_of(texts[i : i + rows])
            found = lines.mark(batch, i, mine, params)
            left[-1] += apply_spans(batch["text"], found["spans"]).to_pylist()
            signals += found.drop_columns(["spans"]).to_pylist()
    return left, signals


def test_ccnet_cuts_a_line_from_every_document_that_has_it():
    shards = [["Menu\nOne text.\nMenu", "MENU \nAnother text."], ["menu!\nA third."]]

    left, signals = run(shards, LinesParams())

    assert left == [["One text.", "Another text."], ["menu!\nA third."]]
    assert [row["duplicate_lines"] for row in signals] == [2, 1, 0]
    assert [row["lines_left"] for row in signals] == [1, 1, 2]
    assert signals[1]["duplicate_line_share"] == pytest.approx(6 / 19)


def test_the_first_document_may_keep_it():
    shards = [["a text"], ["menu\nb"], ["menu\nc", "menu\nd\nmenu"]]

    left, _ = run(shards, LinesParams(keep="first"))

    assert left == [["a text"], ["menu\nb"], ["c", "d"]]


def test_of_repeats_in_one_document_the_first_stays_or_all():
    refrain = "refrain\nverse\nrefrain"

    assert run([[refrain]], LinesParams())[0] == [["refrain\nverse"]]
    assert run([[refrain]], LinesParams(within=False))[0] == [[refrain]]
    assert run([[refrain, refrain]], LinesParams(within=False, keep="first"))[0] == [[refrain, ""]]


def test_short_lines_and_lines_in_few_documents_stay():
    texts = ["}\n\na longer line\nx", "}\n\na longer line\ny"]

    assert run([texts], LinesParams(min_chars=2))[0] == [["}\n\nx", "}\n\ny"]]
    assert run([texts], LinesParams(min_count=3))[0] == [texts]
    assert run([[*texts, "}"]], LinesParams(min_count=3))[0] == [["\na longer line\nx", "\na longer line\ny", ""]]


def test_paragraphs_are_cut_with_the_blank_lines_behind_them():
    texts = ["First\nparagraph.\n\nSecond.\n \nMine.\n", "\n\nfirst paragraph.\n\n\nYours.\n\nsecond."]

    assert run([texts], LinesParams(unit="paragraphs"))[0] == [["Mine.\n", "\n\nYours."]]


def test_a_document_with_nothing_left_says_so():
    left, signals = run([["a\nb\n", "b\n a \n"]], LinesParams())

    assert left == [["", ""]]
    assert signals[0] == {"duplicate_lines": 3, "duplicate_line_share": 1.0, "ccnet_original_length": 4,
        "ccnet_original_nlines": 3, "lines_left": 0,
    }  # fmt: skip


def test_what_folding_makes_equal():
    def same(one: str, other: str, normalisation: str) -> bool:
        return run([[one, other]], LinesParams(normalisation=normalisation))[0] == [["", ""]]

    assert same("Café – 12", "cafe\u0301 (99)", "folded")
    assert not same("Café – 12", "cafe\u0301 (99)", "ccnet")
    assert same("Straße 12 …", "STRAßE\u00a034", "folded")
    assert same("ΟΔΟΣ", "οδος", "ccnet")
    assert same("שָׁלוֹם", "שלום", "folded")
    assert not same("か", "が", "folded")
    assert not same("कि", "की", "folded")
    assert same("１２", "00", "ccnet")


def test_no_batch_and_empty_batches():
    assert lines.send(iter([]), None, LinesParams()).schema == lines.RECORDS
    assert lines.send(iter([batch_of([])]), None, LinesParams()).num_rows == 0
    assert lines.mark(batch_of([]), 0, lines.ANSWERS.empty_table(), LinesParams()).num_rows == 0
    assert run([[], [""]], LinesParams())[0] == [[], [""]]


def test_a_slice_of_a_batch_is_read_where_it_begins():
    batch = batch_of(["x", "é\nb", "b\nc\nc"]).slice(1)

    found = lines.mark(batch, 0, lines.ANSWERS.empty_table(), LinesParams())

    assert apply_spans(batch["text"], found["spans"]).to_pylist() == ["é\nb", "b\nc"]


def test_records_are_as_many_as_distinct_lines():
    sent = lines.send(iter([batch_of(["a\nb\na", "A"]), batch_of(["b", "a"])]), None, LinesParams())

    assert sorted(zip(sent["row"].to_pylist(), sent["documents"].to_pylist(), strict=True)) == [(0, 2), (0, 3)]


def test_min_count_below_two_is_refused():
    with pytest.raises(UsageError, match="every line"):
        LinesParams(min_count=1)


_pieces = st.sampled_from(["\n", "\n", "\n", "\n\n", " ", "Menu", "menu", "é", "e\u0301", "12", "٣", "ΟΣ", "ς", "«", "’", "\0", "\t",
                           "\u0301", "\U0001f600", "x" * 70, "İ", "\x85", "\u2028", "ǅ", "\u1f88"])  # fmt: skip
_texts = st.lists(_pieces | unicode_texts, max_size=12).map("".join)
_params = st.builds(
    LinesParams,
    unit=st.sampled_from(["lines", "paragraphs"]),
    normalisation=st.sampled_from(["ccnet", "folded"]),
    keep=st.sampled_from(["none", "first"]),
    min_count=st.sampled_from([2, 3]),
    min_chars=st.sampled_from([0, 1, 5]),
    within=st.booleans(),
)


@settings(max_examples=400)
@given(shards=st.lists(st.lists(_texts, max_size=4), min_size=1, max_size=3), params=_params,
       num_partitions=st.sampled_from([1, 2, 7]), rows=st.sampled_from([1, 2, 5]), salt=st.integers(0, 2**64 - 1))  # fmt: skip
@example(shards=[["\u0301", "\u0301"]], params=LinesParams(), num_partitions=1, rows=1, salt=0)
@example(shards=[["a\0b\U0001f600", "ab\U0001f600"]], params=LinesParams(), num_partitions=1, rows=1, salt=0)
def test_same_as_in_plain_python(shards, params, num_partitions, rows, salt):
    left, signals = run(shards, params, num_partitions=num_partitions, rows=rows, salt=salt)

    assert left == expected(shards, params)
    blank = [not text.strip() for texts in left for text in texts]
    assert [row["lines_left"] == 0 for row in signals] == blank


@settings(max_examples=60)
@given(texts=st.lists(_texts, max_size=8), cut=st.integers(0, 8), params=_params)
def test_keep_none_does_not_depend_on_shards(texts, cut, params):
    whole, _ = run([texts], params)
    parts, _ = run([texts[:cut], texts[cut:]], params, num_partitions=3)

    assert parts[0] + parts[1] == whole[0]


@pytest.mark.parametrize("normalisation", ["ccnet", "folded"])
def test_every_character_is_normalised_as_in_plain_python(normalisation):
    from redpyjama.kernels import arrow, line_keys

    known = [
        chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ("Cn", "Co")
    ]
    made = [f"x{c}y" for c in known if c != "\n"]
    plain = [TWINS[normalisation](text) for text in made]
    keys: dict[str, set[int]] = defaultdict(set)
    offsets, data = arrow.buffers(pa.array(made))
    units = line_keys.find_units(data, offsets, "lines", normalisation)
    for text, key in zip(plain, units.key.tolist(), strict=True):
        keys[text].add(key)

    assert all(len(found) == 1 for found in keys.values())
    assert len({key for found in keys.values() for key in found}) == len(keys)
    assert units.chars.tolist() == [len(text) for text in plain]


def test_ccnet_normalisation_is_the_published_one():
    """The regular expressions of cc_net's text_normalizer, as published."""
    punctuation = re.compile(f"[{PUNCTUATION}{''.join(map(chr, [*range(32), *range(127, 160)]))}]")
    for text in ("  “Hello” — 12 ½ ３٣\t\u0085x… ", "ÀÉ\u0301\x00y ", "", "。", "x\u200b", "Ⅻ ¹ ２"):
        published = punctuation.sub("", re.sub(r"\d", "0", text.strip().lower())) if text.strip() else ""
        assert ccnet(text) == published


def test_documents_that_meet_nobody_lose_only_their_own_repeats():
    texts = ["refrain\nverse\nrefrain", "refrain\nother verse"]

    left, signals = run([texts], LinesParams(group="document"))

    assert left == [["refrain\nverse", "refrain\nother verse"]]
    assert [(row["ccnet_original_length"], row["ccnet_original_nlines"]) for row in signals] == [(21, 3), (19, 2)]
