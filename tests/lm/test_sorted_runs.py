"""Records come back sorted, however little memory there is."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redpyjama.lm import sorted_runs


def sorted_by(tmp_path: pathlib.Path, rows: np.ndarray, limit: int, *, add: bool) -> tuple[list[tuple[int, ...]], int]:
    sorter = sorted_runs.Sorter(str(tmp_path / "x"), limit, add=add)
    for start in range(0, len(rows), 1000):
        sorter.push(rows[start : start + 1000])
    found = [tuple(row) for block in sorter.blocks() for row in block.tolist()]
    assert list(tmp_path.iterdir()) == []
    return found, sorter.num_runs


def random_rows(count: int, distinct: int) -> np.ndarray:
    random = np.random.default_rng(5)
    keys = random.integers(0, 2**64, (distinct, 2), dtype=np.uint64)
    rows = np.ones((count, 3), np.uint64)
    rows[:, :2] = keys[random.integers(0, distinct, count)]
    return rows


@pytest.mark.parametrize(("limit", "spills"), [(1 << 30, False), (1, True), (400_000, True)])
def test_sums_are_those_of_a_dictionary(tmp_path: pathlib.Path, limit: int, spills: bool) -> None:
    rows = random_rows(40_000, 30_000)
    sums: dict[tuple[int, int], int] = {}
    for high, low, count in rows.tolist():
        sums[high, low] = sums.get((high, low), 0) + count

    found, runs = sorted_by(tmp_path, rows, limit, add=True)

    assert found == [(*key, count) for key, count in sorted(sums.items())]
    assert (runs > 1) == spills


def test_without_adding_all_stay(tmp_path: pathlib.Path) -> None:
    rows = random_rows(10_000, 5_000)
    found, _ = sorted_by(tmp_path, rows, 1, add=False)

    assert found == sorted(tuple(row) for row in rows.tolist())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 2), max_size=60))
def test_any_records_are_sorted(tmp_path: pathlib.Path, keys: list[tuple[int, int]]) -> None:
    rows = np.array([(*key, i) for i, key in enumerate(keys)], np.uint64).reshape(-1, 3)
    found, _ = sorted_by(tmp_path, rows, 1, add=False)

    assert [row[:2] for row in found] == sorted(keys)
    assert sorted(row[2] for row in found) == list(range(len(keys)))
