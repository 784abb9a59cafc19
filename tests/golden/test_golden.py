"""A build of the sample decides about every record what the golden files say."""

from __future__ import annotations

import pathlib
import tomllib
from collections import defaultdict

import pytest

import redpyjama as rp
from redpyjama.document import SLICES
from tests.golden import outcomes
from tests.golden.make_sample import DEMO

EXPECTED = pathlib.Path(__file__).parent / "expected"


def expected_of(slice_name: str) -> dict[str, list[dict]]:
    return tomllib.loads((EXPECTED / f"{slice_name}.toml").read_text("utf-8"))["dumps"]


@pytest.fixture(scope="module")
def actual(tmp_path_factory):
    """What became of each record, by slice and dump, in the order of the dump."""
    folder = tmp_path_factory.mktemp("golden") / "corpus"
    rp.build("redpyjama-1", {name: [str(DEMO / name)] for name in SLICES}, str(folder), workers=2)
    found = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes.of(rp.Corpus(str(folder))):
        found[outcome.slice][outcome.dump].append(outcome)
    return found


def matches(outcome: outcomes.Outcome, entry: dict) -> bool:
    same = outcome.record == entry["record"] and outcome.verdict == entry["is"]
    return same and entry.get("reason", "") in outcome.reason


def problems_of(outcome: outcomes.Outcome, entry: dict) -> list[str]:
    """Say what else the entry states about the record and is not so."""
    problems = [f"lacks {text!r}" for text in entry.get("has", ()) if text not in outcome.text]
    problems += [f"has {text!r}" for text in entry.get("lacks", ()) if text in outcome.text]
    for name in ("licence", "created", "url", "title"):
        if name in entry and outcome.fields[name] != entry[name]:
            problems.append(f"{name} is {outcome.fields[name]!r}, not {entry[name]!r}")
    return problems


@pytest.mark.slow
@pytest.mark.parametrize("slice_name", SLICES)
def test_every_record_is_decided_as_expected(actual, slice_name):
    expected = expected_of(slice_name)
    wrong = []
    for dump in sorted(expected.keys() | actual[slice_name].keys()):
        left = list(actual[slice_name].get(dump, ()))
        for entry in expected.get(dump, ()):
            outcome = next((o for o in left if matches(o, entry)), None)
            if outcome is None:
                got = [f"{o.verdict} {o.reason}".strip() for o in left if o.record == entry["record"]]
                wrong.append(f"{dump}: {entry['record']} ({entry.get('label', '')}): {entry['is']}, but got {got}")
                continue
            left.remove(outcome)
            wrong += [f"{dump}: {entry['record']}: {problem}" for problem in problems_of(outcome, entry)]
        wrong += [f"{dump}: {o.record}: {o.verdict} {o.reason}, of which nothing is said" for o in left]

    assert not wrong, "\n".join(wrong)


def test_every_rule_of_the_recipe_has_a_record_that_it_drops():
    recipe = tomllib.loads((pathlib.Path(rp.__file__).parent / "recipes" / "redpyjama-1.toml").read_text("utf-8"))
    for slice_name in SLICES:
        said = {entry["is"] for entries in expected_of(slice_name).values() for entry in entries}
        for rule in recipe["slice"][slice_name].get("drop", ()):
            assert f"dropped {rule['rule']}" in said, f"{slice_name}: {rule['rule']}"


def test_every_verdict_occurs_in_the_sample():
    said = [e["is"] for name in SLICES for entries in expected_of(name).values() for e in entries]
    assert {verdict.split()[0] for verdict in said} == {"kept", "dropped", "skipped", "quarantined"}
    assert said.count("dropped exact_duplicate") >= 5
