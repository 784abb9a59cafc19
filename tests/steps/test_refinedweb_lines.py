"""The step "refinedweb_lines" cuts RefinedWeb's lines and phrases, and says how many words they had."""

from __future__ import annotations

import pytest
from hypothesis import given

from redpyjama.steps.refinedweb_lines import STEP
from tests.steps.batches import applied, measured
from tests.strategies import texts_of

GOOD = "This is a line of running text."

pages = texts_of(
    "\n", " ", "3 likes", "12", "1,024", "WORD", "TWO WORDS", "Read more...", "read more", "Sign in", "sign-in ", "Mixed Case",
    "items in cart", "Items in Cart.", GOOD, "x", "日本語", "٣", "12k views", "\r",
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "rest", "rule"),
    [
        ("3 likes", None, "line_counter"),
        ("12.5k Views", None, "line_counter"),
        ("3 likely winners came", "3 likely winners came", ""),
        ("2024-01-05", None, "line_only_numbers"),
        ("(12)", None, "line_only_numbers"),
        ("Home", None, "line_one_word"),
        ("ABOUT US", None, "line_mainly_uppercase"),
        ("NASA and ESA agree", "NASA and ESA agree", ""),
        ("The story so far. Read more...", "The story so far.", "navigation_phrase"),
        ("SIGN-IN to see your orders", "to see your orders", "navigation_phrase"),
        ("You have 3 items in cart today", "You have 3 today", "navigation_phrase"),
        ("Read more", None, "navigation_phrase"),
        ("» Items in Cart.", None, "navigation_phrase"),
        ("I read moreover", "I read moreover", ""),
        ("In this long line of more than ten words nobody should read more", None, ""),
    ],
)
def test_each_line_goes_by_its_rule(line: str, rest: str | None, rule: str) -> None:
    (row,) = measured(STEP, [f"{GOOD}\n{line}\n{GOOD}"])
    expected = line if rest is None and not rule else rest

    assert [span["rule"] for span in row["spans"]] == ([rule] if rule else [])
    assert applied(f"{GOOD}\n{line}\n{GOOD}", row["spans"]) == "\n".join(
        [GOOD, *([expected] if expected else []), GOOD]
    )
    assert row["refinedweb_flagged_lines"] == bool(rule)
    words = len(line.split())
    assert row["refinedweb_flagged_words_frac"] == pytest.approx(words / (words + 14) if rule else 0)


@given(pages)
def test_what_stays_is_of_the_text_and_lines_stay_whole(page: str) -> None:
    (row,) = measured(STEP, [page])
    rest = applied(page, row["spans"])

    assert len(rest) <= len(page)
    assert len(rest.split("\n")) <= len(page.split("\n"))
    for line in rest.split("\n"):
        assert any(c.isalnum() for c in line) or line in page


@given(pages, pages)
def test_a_page_is_judged_alike_alone_and_in_company(first: str, second: str) -> None:
    together = measured(STEP, [first, "", second])

    assert [together[0], together[2]] == measured(STEP, [first]) + measured(STEP, [second])


def test_many_short_lines_have_room_for_their_spans() -> None:
    page = "x\n" * 50_000
    (row,) = measured(STEP, [page])

    assert len(row["spans"]) == 50_000
    assert row["refinedweb_flagged_words_frac"] == 1
    assert measured(STEP, []) == []
