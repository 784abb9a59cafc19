"""What every source promises, whatever it is given."""

from __future__ import annotations

import dataclasses
import pathlib
import pickle
import random
from importlib import resources

import msgspec
import pytest

from redpyjama.document import SLICES, Document, to_batch
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources.base import in_sample
from redpyjama.sources.catalogue import CATALOGUE
from redpyjama.sources.read import EMPTY
from redpyjama.stage import Quarantined, Skipped
from redpyjama.store import paths

DEMO = pathlib.Path(str(resources.files("redpyjama"))) / "demo"
SOURCES = pytest.mark.parametrize("source", CATALOGUE.values(), ids=list(CATALOGUE))


def read_all(source, folder, options=None):
    """Read every part of every dump; a dump that cannot be read at all counts as one quarantined record."""
    options = options or source.options()
    found = []
    for dump in source.dumps([str(folder)], options):
        for part in source.parts(dump, options):
            try:
                found += [(dump.name, record) for record in source.read(part, options)]
            except (InputError, LimitExceeded) as error:
                found.append((dump.name, Quarantined(str(error))))
    return found


def files_of(source):
    return [p for p in paths.walk(str(DEMO / source.slice)) if not p.endswith((".md", ".paths.gz"))]


def test_there_is_one_source_for_each_slice():
    assert list(CATALOGUE) == list(SLICES)
    assert all(source.slice == name for name, source in CATALOGUE.items())


@SOURCES
def test_its_options_are_frozen_plain_values_with_defaults(source):
    options = source.options()

    assert dataclasses.fields(options) is not None
    assert msgspec.convert(msgspec.to_builtins(options), source.options) == options
    assert pickle.loads(pickle.dumps(source)) == source
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(options, dataclasses.fields(options)[0].name, None)


@SOURCES
def test_it_reads_its_sample_twice_the_same(source):
    first, second = (read_all(source, DEMO / source.slice) for _ in range(2))

    assert first == second
    documents = [(dump, r) for dump, r in first if isinstance(r, Document)]
    assert documents
    places = [(dump, r.offset, r.record) for dump, r in documents]
    assert len(set(places)) == len(places), "two records in one place would share an id"


@pytest.mark.parametrize("name", ["arxiv", "book", "common_crawl", "stackexchange", "wikipedia"])
def test_a_trial_does_not_parse_what_it_leaves_out(name):
    source = CATALOGUE[name]
    options = source.options()
    parts = [
        dataclasses.replace(part, fraction=0.3)
        for dump in source.dumps([str(DEMO / name)], options)
        for part in source.parts(dump, options)
    ]
    documents = [(part, r) for part in parts for r in source.read(part, options) if isinstance(r, Document)]

    assert documents
    assert all(in_sample(name, part, r.offset, r.record) for part, r in documents)


@SOURCES
def test_every_skip_is_declared_with_its_reason(source):
    used = {r.rule for _, r in read_all(source, DEMO / source.slice) if isinstance(r, Skipped)}

    assert used <= {*source.skips, EMPTY}
    assert all(len(reason) > 10 for reason in source.skips.values())


@SOURCES
def test_its_documents_fit_the_schema(source):
    documents = [r for _, r in read_all(source, DEMO / source.slice) if isinstance(r, Document)]

    batch = to_batch(source.slice, "d", documents)

    batch.validate(full=True)
    assert batch.num_rows == len(documents)


@SOURCES
def test_the_fault_of_a_dump_is_quarantined_not_raised(source, tmp_path):
    """Cut each dump of the sample in the middle, and flip bytes in it: what comes out is still accounted for."""
    rng = random.Random(1)
    for number, file in enumerate(files_of(source)):
        data = pathlib.Path(file).read_bytes()
        flipped = bytearray(data)
        for _ in range(5):
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        for kind, damaged in (("cut", data[: len(data) * 2 // 3]), ("flipped", bytes(flipped)), ("none", b"")):
            folder = tmp_path / f"{number}-{kind}"
            folder.mkdir()
            (folder / pathlib.Path(file).name).write_bytes(damaged)
            records = [r for _, r in read_all(source, folder)]
            assert all(isinstance(r, (Document, Skipped, Quarantined)) for r in records)


@SOURCES
def test_garbage_under_the_right_name_is_quarantined(source, tmp_path):
    rng = random.Random(2)
    for file in files_of(source):
        (tmp_path / pathlib.Path(file).name).write_bytes(rng.randbytes(5000))

    records = [r for _, r in read_all(source, tmp_path)]

    assert not [r for r in records if isinstance(r, Document) and "\x00" in r.text]
    assert any(isinstance(r, (Quarantined, Skipped)) for r in records)
