"""Components are those of a dict-based union-find, however the edges come."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import union_find

nodes = st.integers(0, 40) | st.integers(2**63 - 2, 2**64 - 1)
edges = st.lists(st.tuples(nodes, nodes), max_size=60)
keys = st.sampled_from([0, 1, 255, 256, 2**32, 2**63, 2**64 - 1])


def twin(pairs):
    """Return {node: smallest node of its component}."""
    members = {}
    for one, other in pairs:
        both = members.get(one, {one}) | members.get(other, {other})
        members.update(dict.fromkeys(both, both))
    return {node: min(component) for node, component in members.items()}


def table(pairs):
    return np.array(pairs, np.uint64).reshape(-1, 2)


@given(st.lists(st.tuples(keys, nodes), max_size=60))
@example([])
@example([(7, 3), (7, 1), (7, 3), (7, 2), (7, 1)])
def test_records_are_sorted_by_key_and_keep_their_order(records):
    rows, spare = table(records), table(records) * 0
    found = spare if union_find.sort_by_key(rows, spare) else rows

    assert found.tolist() == [list(pair) for pair in sorted(records, key=lambda pair: pair[0])]


@given(st.lists(st.tuples(keys, nodes), max_size=60))
@example([(7, 3), (7, 1), (7, 3), (7, 2), (7, 1)])
def test_a_key_links_its_smallest_node_to_all_others(records):
    rows = table(sorted(records, key=lambda pair: pair[0]))
    count = union_find.star_edges(rows)
    runs = {key: [node for k, node in records if k == key] for key, _ in sorted(records)}

    assert rows[:count].tolist() == [[min(run), node] for run in runs.values() for node in run if node != min(run)]


@given(st.sets(nodes), st.lists(nodes))
@example({3}, [0, 3, 3, 4])
@example(set(range(100)), [99, 99, 100])
@example(set(), [5])
def test_sorted_values_are_found_among_nodes_and_put_there(of, values):
    of, values = np.array(sorted(of), np.uint64), np.array(sorted(values), np.uint64)
    places = np.empty(len(values), np.int64)
    union_find.look_up(of, values, places)

    assert places.tolist() == np.searchsorted(of, values).tolist()
    assert union_find.inserted(of, values, places).tolist() == sorted([*of.tolist(), *values.tolist()])


@given(edges, st.randoms(use_true_random=False))
@example([(i + 1, i) for i in reversed(range(50))], None)
def test_the_root_is_the_smallest_of_its_component(pairs, random):
    expected = twin(pairs)
    if random:
        random.shuffle(pairs)
    places = {node: i for i, node in enumerate(sorted(expected))}
    ends = np.array([[places[one], places[other]] for one, other in pairs], np.int64).reshape(-1, 2)
    parents = np.arange(len(places))
    union_find.unite_all(parents, ends[:, 0].copy(), ends[:, 1].copy())

    assert [union_find.find(parents.copy(), i) for i in range(len(parents))] == [
        places[r] for r in expected_roots(expected)
    ]

    largest = union_find.settle(parents)
    assert parents.tolist() == [places[r] for r in expected_roots(expected)]
    assert largest == max(np.unique(list(expected.values()), return_counts=True)[1], default=0)


def expected_roots(expected):
    return [expected[node] for node in sorted(expected)]


def test_a_chain_of_a_million_is_one_component():
    parents = np.arange(1_000_000)
    order = np.random.default_rng(5).permutation(999_999)
    union_find.unite_all(parents, order + 1, order)

    assert union_find.settle(parents) == 1_000_000
    assert not parents.any()
