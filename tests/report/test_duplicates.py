from __future__ import annotations

import io
import json
import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from redpyjama.report import duplicates
from redpyjama.report.alignment import common_blocks
from redpyjama.report.clusters import Cluster, Member
from redpyjama.report.duplicates import Segment, as_data, as_text, difference, safe
from redpyjama.report.terminal import print_cluster
from tests.strategies import unicode_texts

words = st.lists(st.sampled_from(["a", "b", "c", "the", "甲"]), max_size=40)


def pairs(segments: list[Segment]) -> list[tuple[str, str]]:
    return [(segment.kind, segment.text) for segment in segments]


def printed(*texts: str, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=100, highlight=False, force_terminal=colour, color_system="standard" if colour else None
    )
    kept, *copies = [Member(id=f"doc {i}", slice="c4", kept=i == 0) for i in range(len(texts))]
    cluster = Cluster(size=len(texts), found_by={"minhash": len(copies)}, kept=kept, copies=copies)
    found = [(member, difference(texts[0], text)) for member, text in zip(copies, texts[1:], strict=True)]
    print_cluster(cluster, found, console=console)
    return out.getvalue()


@given(words, words)
@example(["a"], [])
@example(["a", "b"] * 20, ["b", "a"] * 20)
def test_blocks_are_common_and_in_order(one, other):
    i = j = 0
    for at, other_at, n in common_blocks(one, other):
        assert n > 0
        assert at >= i
        assert other_at >= j
        assert one[at : at + n] == other[other_at : other_at + n]
        i, j = at + n, other_at + n
    assert i <= len(one)
    assert j <= len(other)


@given(words, words)
def test_what_has_a_common_word_is_not_all_changed(one, other):
    assert bool(common_blocks(one, other)) == bool(set(one) & set(other))


def test_large_texts_are_aligned_at_the_words_that_they_share():
    choose = random.Random(5)
    one = [f"w{int(choose.paretovariate(0.6)) % 3000}" for _ in range(60_000)]
    other = [word for word in one if choose.random() > 0.01]
    begin = time.process_time()

    found = sum(n for _, _, n in common_blocks(one, other))

    assert found >= 0.998 * len(other)
    assert time.process_time() - begin < 10  # half a second


@pytest.mark.parametrize(
    "make",
    [
        lambda choose: ["a", "b"][choose.randrange(2)],
        lambda choose: f"w{choose.randrange(100)}",
        lambda choose: f"w{choose.randrange(20_000)}",
        lambda choose: f"w{choose.randrange(10**9)}",
    ],
)
def test_texts_that_have_nothing_to_hold_on_to_take_no_longer(make):
    choose = random.Random(5)
    one, other = ([make(choose) for _ in range(20_000)] for _ in range(2))
    begin = time.process_time()

    common_blocks(one, other)

    assert time.process_time() - begin < 10


def test_neighbours_that_change_places_take_no_longer():
    words = [f"w{i}" for i in range(20_000)]
    begin = time.process_time()

    found = common_blocks(words, [words[i ^ 1] for i in range(20_000)])

    assert sum(n for _, _, n in found) == 10_000
    assert time.process_time() - begin < 10


def test_words_removed_and_added():
    found = difference("The quick brown fox jumps.\nThe end.", "The quick red fox jumps high.\n\nThe end.")

    assert pairs(found) == [
        ("same", "The quick "),
        ("removed", "brown "),
        ("added", "red "),
        ("same", "fox "),
        ("removed", "jumps.\n"),
        ("added", "jumps high.\n\n"),
        ("same", "The end."),
    ]


def test_white_space_does_not_count():
    assert pairs(difference("one two\nthree", "one  two three\n")) == [("same", "one two\nthree")]


def test_scripts_without_spaces_are_compared_by_characters():
    assert pairs(difference("我爱北京天安门", "我爱南京天安门。")) == [
        ("same", "我爱"), ("removed", "北"), ("added", "南"), ("same", "京天安门"), ("added", "。"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "copy", "expected"),
    [
        ("", "", []),
        ("", "a b", [("added", "a b")]),
        ("a b", " ", [("removed", "a b")]),
        ("a", "b", [("removed", "a"), ("added", "b")]),
    ],
)
def test_texts_with_nothing_in_common(kept, copy, expected):
    assert pairs(difference(kept, copy)) == expected


def test_long_stretches_are_shortened():
    same = "word " * 300
    found = difference(f"{same}old {same}", f"{same}new {same}")

    first, removed, added, last = found
    assert (first.kind, first.text) == ("same", "")
    assert first.left_out + len(first.tail) == len(same)
    assert (removed.text, added.text) == ("old ", "new ")
    assert (last.kind, last.tail) == ("same", "")
    assert last.left_out + len(last.text) == len(same)
    assert max(len(s.text) + len(s.tail) for s in found) <= 2 * duplicates.CONTEXT
    assert f" ... {first.left_out:,} characters the same ... " in as_text(found).plain


def test_long_changes_keep_both_ends():
    found = difference("start", "start " + "".join(f"new{i} " for i in range(500)) + "stop")

    added = found[-1]
    assert added.kind == "added"
    assert added.text.startswith("new0 ")
    assert added.tail.endswith(" stop")
    assert "characters added ..." in as_text(found).plain


def test_what_lies_beyond_the_limit_is_said_not_to_be_compared(monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_CHARACTERS", 8)

    found = difference("one two three", "one two four five")

    assert found[-1] == Segment(kind="not_compared", text="", left_out=9)
    assert pairs(found)[:-1] == [("same", "one two ")]
    assert "9 characters not compared" in as_text(found).plain


@given(unicode_texts, unicode_texts)
def test_nothing_is_lost(kept, copy):
    found = difference(kept, copy)

    assert all(not segment.left_out for segment in found if len(kept) + len(copy) < duplicates.CONTEXT)
    for text, kinds in ((kept, ("same", "removed")), (copy, ("same", "added"))):
        shown = "".join(s.text + "?" * s.left_out + s.tail for s in found if s.kind in kinds)
        if "?" not in shown and "?" not in text:
            assert "".join(shown.split()) == "".join(text.split())
    assert json.loads(json.dumps(as_data(found))) == as_data(found)


def test_a_cluster_is_printed_with_its_differences():
    out = printed("The old text.", "The new text.", "The  old text.")

    assert out.startswith("\nOne document stayed, 2 copies went: found by minhash 2\n")
    assert out.endswith(
        "copy  doc 1  [-words of the kept one-] {+words of this copy+}\nThe [-old-] {+new+} text.\n\n"
        "copy  doc 2\nthe same words\n"
    )


@pytest.mark.parametrize(
    "bad", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "\x08\x7f", "\u202eevil", "\u2066x", "[red]x[/red]"]
)
def test_nothing_reaches_the_terminal_that_it_would_obey(bad):
    out = printed(f"one {bad} two", f"one two {bad}", colour=True)

    shown = out
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"):  # what rich itself says
        shown = shown.replace(code, "")
    assert not [c for c in shown if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066")]
    assert "[red]x[/red]" in shown or "[red]" not in bad


def test_safe():
    assert safe("a\r\nb\tc\x00\x1b\x7f\x85\u202e") == "a\nb\tc\u2400\u241b\u2421<U+0085><U+202E>"
