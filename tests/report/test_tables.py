"""The tables are arithmetic on the manifest, and refuse one that does not add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.document import SLICES
from redpyjama.errors import CorpusError, UsageError
from redpyjama.report import flow, numbers, tokens
from tests.report.manifests import manifest


def test_a_row_has_ours_beside_the_two_references() -> None:
    row = tokens.token_table(manifest())[0]

    assert "common_crawl" == row.slice
    assert (60, 400_000, 100_000) == (row.documents, row.bytes, row.tokens)
    assert (0.5, 4.0) == (row.share, row.bytes_per_token)
    assert (878 * 10**9, 0.67, 1.10) == (row.redpajama_tokens, row.llama_share, row.llama_epochs)
    assert 0.5 / (878 / 1210) == pytest.approx(row.share_to_redpajama)


def test_the_total_adds_up() -> None:
    *rows, total = tokens.token_table(manifest())

    assert list(SLICES) == [row.slice for row in rows]
    assert 200_000 == total.tokens == sum(row.tokens or 0 for row in rows)
    assert 1_210 * 10**9 == total.redpajama_tokens
    assert 1.26e12 == pytest.approx(total.llama_tokens, rel=0.01)
    assert 1.0 == pytest.approx(sum(row.share or 0 for row in rows)) == sum(row.redpajama_share for row in rows)
    assert 4.26 == pytest.approx(total.redpajama_bytes_per_token, abs=0.01)


@pytest.mark.parametrize(
    ("name", "unique"),
    [("common_crawl", 853), ("c4", 198), ("github", 98), ("arxiv", 33), ("book", 28), ("wikipedia", 26), ("stackexchange", 27)],
)  # fmt: skip
def test_llama_unique_tokens_are_what_it_saw_by_how_often(name: str, unique: int) -> None:
    assert unique == round(tokens.REFERENCE[name].llama_tokens / 1e9)


def test_a_corpus_of_one_slice_leaves_the_others_blank() -> None:
    made = manifest()
    made["slices"] = {"book": made["slices"]["book"]}
    rows = {row.slice: row for row in tokens.token_table(made)}

    assert (None, None, 0) == (rows["c4"].tokens, rows["c4"].share, rows["c4"].documents)
    assert (20_000, 1.0) == (rows["book"].tokens, rows["book"].share)


def test_tokens_that_were_not_counted_are_blank_and_not_nought() -> None:
    made = manifest()
    for part in made["slices"].values():
        part["tokens"] = None
    *_, total = tokens.token_table(made)

    assert (None, None, None) == (total.tokens, total.share, total.bytes_per_token)
    assert tokens.of_manifest(made) is None


# --- mixture ------------------------------------------------------------------------------------------------------


def test_epochs_are_budget_by_share_by_tokens() -> None:
    mixed = tokens.mixture({"book": 100, "c4": 1000}, {"book": 0.25, "c4": 0.75}, budget=1000)

    assert [("c4", 750.0, 0.75), ("book", 250.0, 2.5)] == [(r.slice, r.seen, r.epochs) for r in mixed.rows]
    assert [] == mixed.warnings


def test_llama_had_its_own_epochs() -> None:
    unique = {name: round(reference.llama_tokens) for name, reference in tokens.REFERENCE.items()}
    mixed = tokens.mixture(unique, budget=tokens.LLAMA_BUDGET)

    for row in mixed.rows:
        assert tokens.REFERENCE[row.slice].llama_epochs == pytest.approx(row.epochs, rel=0.01)


def test_a_slice_seen_more_than_four_times_is_warned_of() -> None:
    mixed = tokens.mixture({"book": 100, "c4": 10_000}, {"book": 0.5, "c4": 0.5}, budget=1000)

    assert ["book: would be seen 5.0 times; beyond 4 epochs text teaches less each time (Muennighoff et al. 2023)"] == (
        mixed.warnings
    )
    assert ("book", 800) == (mixed.limiting, mixed.largest_budget)


def test_a_share_without_tokens_is_warned_of() -> None:
    mixed = tokens.mixture({"book": 0, "c4": 100}, {"book": 0.5, "c4": 0.5}, budget=10)

    assert ["book: has a share of 50.0%, but no tokens; give it none, or add dumps"] == mixed.warnings
    assert 0 == mixed.largest_budget


def test_absent_slices_give_their_share_to_the_others() -> None:
    mixed = tokens.mixture({"book": 10, "wikipedia": 10})

    assert [0.5, 0.5] == [row.share for row in mixed.rows]


@given(
    st.dictionaries(st.sampled_from(SLICES), st.integers(1, 10**12), min_size=1),
    st.integers(0, 10**13),
)
def test_no_token_of_the_budget_is_lost(have: dict[str, int], budget: int) -> None:
    mixed = tokens.mixture(have, budget=budget)

    assert budget == pytest.approx(sum(row.seen for row in mixed.rows))
    assert (
        bool(mixed.warnings) == (budget > mixed.largest_budget * (1 + 1e-9) + 1)
        or abs(budget - mixed.largest_budget) < 2
    )


def test_the_largest_budget_is_within_the_limit() -> None:
    mixed = tokens.mixture({"book": 12_345, "c4": 999, "github": 31})

    assert [] == mixed.warnings
    assert tokens.MAX_EPOCHS == pytest.approx(max(row.epochs or 0 for row in mixed.rows), rel=0.01)


@pytest.mark.parametrize(
    ("have", "share", "budget", "why"),
    [
        ({"boks": 1}, None, 1, "did you mean 'book'"),
        ({"book": 1}, {"book": -1.0}, 1, "negative"),
        ({"book": 1}, None, -1, "negative"),
        ({"book": 1}, {"c4": 1.0}, 1, "no slice of the corpus has a share"),
    ],
)
def test_a_mixture_that_makes_no_sense_is_refused(
    have: dict[str, int], share: dict[str, float] | None, budget: int, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        tokens.mixture(have, share, budget=budget)


def test_the_manifest_may_state_the_shares() -> None:
    mixed = tokens.of_manifest(manifest(mixture={"book": 0.5, "c4": 0.5}), budget=100_000)

    assert mixed is not None
    assert ("the recipe's", [2.5, 2.5]) == (mixed.whose, [row.epochs for row in mixed.rows])


# --- records ------------------------------------------------------------------------------------------------------


def test_flows_come_in_order_with_the_total_last() -> None:
    *found, total = flow.flows(manifest())

    assert list(SLICES) == [f.slice for f in found]
    assert (248, 177, 68, 3) == (total.read, total.kept, total.dropped, total.quarantined)
    assert {"not_english": 30, "redirect": 20, "too_short": 18} == dict(total.dropped_by)
    assert ["not_english", "redirect", "too_short"] == list(total.dropped_by)


@pytest.mark.parametrize("key", ["read", "kept", "dropped", "quarantined"])
def test_a_lost_record_is_an_error(key: str) -> None:
    made = manifest()
    made["slices"]["wikipedia"][key] += 1

    with pytest.raises(CorpusError, match="wikipedia"):
        flow.flows(made)


def test_rules_must_account_for_all_that_was_dropped() -> None:
    made = manifest()
    made["slices"]["wikipedia"]["dropped_by"]["redirect"] = 19

    with pytest.raises(CorpusError, match="its rules account for 19"):
        flow.flows(made)


# --- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (999_499, "999 k"), (999_600, "1.00 M"), (59e9, "59.0 B"), (1.21e12, "1.21 T"), (None, "–")],
)  # fmt: skip
def test_counts_have_three_digits(number: float | None, text: str) -> None:
    assert text == numbers.count(number)


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.0 %"), (0.0001, "< 0.1 %"), (0.67, "67.0 %"), (1.0, "100.0 %"), (None, "–")]
)
def test_a_share_that_is_there_is_never_shown_as_nought(share: float | None, text: str) -> None:
    assert text == numbers.percent(share)


@pytest.mark.parametrize(("num_bytes", "text"), [(0, "0 B"), (999, "999 B"), (5_148_000, "5.15 MB"), (None, "–")])
def test_sizes_are_decimal(num_bytes: int | None, text: str) -> None:
    assert text == numbers.size(num_bytes)
