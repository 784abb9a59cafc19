from __future__ import annotations

import dataclasses
import itertools
import pickle
import subprocess
import sys

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from redpyjama.dedup.catalogue import METHODS
from redpyjama.document import SCHEMA, Document, to_batch
from redpyjama.errors import RecipeError
from redpyjama.recipe import Catalogue, load, parts
from redpyjama.sources import catalogue as sources

CATALOGUE = Catalogue(sources=sources.CATALOGUE, steps={}, methods=METHODS)
WORDS = " ".join(f"word{i}" for i in range(60))
PRESETS = [(name, preset) for name, method in METHODS.items() for preset in method.presets]


def batch_of(*texts: str) -> pa.RecordBatch:
    documents = [
        Document(text=t, record=str(i), url=f"https://example.org/{i % 2}/", meta={"digest": f"sha1:{'A' * 31}{i % 2}"})
        for i, t in enumerate(texts)
    ]
    batch = to_batch("c4", "d", documents)
    hashes = pa.array([f"{hash_of(t):032x}" for t in texts], pa.string())
    return batch.append_column("final_hash", hashes)


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-16:].rjust(16, b"\0"))


def lists(found: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    offsets, values = found
    assert (offsets.dtype, values.dtype) == (np.int64, np.uint64)
    assert offsets[-1] == len(values)
    return [values[a:b].tolist() for a, b in itertools.pairwise(offsets)]


def recipe_with(tmp_path, text: str) -> parts.Recipe:
    file = tmp_path / "recipe.toml"
    file.write_text(f'name = "r"\ndescription = "d"\n[slice.c4]\n{text}')
    return load(str(file), CATALOGUE)


def test_the_plainest_reason_comes_first():
    assert list(METHODS) == ["exact", "url", "digest", "minhash", "simhash"]
    assert all(name == method.name for name, method in METHODS.items())
    assert len({method.rule for method in METHODS.values()}) == len(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_keys_and_sketches_have_a_list_for_each_document(name):
    method = METHODS[name]
    params = method.params()
    batch = batch_of(WORDS, WORDS, f"{WORDS} more", "")
    assert set(method.columns) <= set(SCHEMA.names)

    keys = lists(method.keys(batch, params))

    assert len(keys) == 4
    assert keys[0]
    assert lists(method.keys(batch.slice(1, 2), params)) == keys[1:3]
    assert lists(method.keys(batch.slice(0, 0), params)) == []
    if name not in ("url", "digest"):  # whose texts say nothing
        assert keys[0] == keys[1] != keys[2]
    if method.sketches:
        sketches = lists(method.sketches(batch, params))
        assert [bool(s) for s in sketches] == [bool(k) for k in keys]
        assert all(s == sorted(set(s)) for s in sketches)
        assert method.compare == "jaccard" or {len(s) for s in sketches} == {0, 1}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_that_compares_says_how_and_how_far(name):
    method = METHODS[name]

    assert (method.sketches is None) == (method.compare == "") == (method.limit is None)
    assert method.limit is None or method.limit(method.params()) == {"minhash": 0.8, "simhash": 5}[name]


@pytest.mark.parametrize("name", METHODS)
def test_methods_travel_to_other_processes(name):
    assert pickle.loads(pickle.dumps(METHODS[name])) == METHODS[name]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_presets_are_what_a_recipe_may_say(tmp_path, name, preset):
    method = METHODS[name]
    expected = msgspec.convert(dict(method.presets[preset]), method.params)

    recipe = recipe_with(tmp_path, f'[dedup]\nmethods = ["exact", "{name}"]\n[dedup.{name}]\npreset = "{preset}"\n')

    assert recipe.dedup.methods[1].params == expected


def test_a_recipe_may_change_a_preset(tmp_path):
    text = '[dedup]\nmethods = ["minhash"]\n[dedup.minhash]\npreset = "slimpajama"\nbands = 8\nseed = 3\n'

    params = recipe_with(tmp_path, text).dedup.methods[0].params

    assert params == dataclasses.replace(METHODS["minhash"].params(**METHODS["minhash"].presets["slimpajama"]), bands=8, seed=3)  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_unknown_parameters_are_refused(tmp_path, name):
    text = f'[dedup]\nmethods = ["{name}"]\n[dedup.{name}]\nnonsense = 1\n'

    with pytest.raises(RecipeError, match="unknown key 'nonsense'"):
        recipe_with(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("bands = 3", "bands = 3 in [dedup.minhash]: minhash: set both bands and rows, or neither"),
        ("bands = 20\nrows = 9", "bands * rows is at most permutations"),
        ("ngram = 0", "ngram = 0 in [dedup.minhash]: minhash: ngram is 1 to 1000"),
        ('normalise = "redpajama_v1_books"', "leaves no words"),
        ('unit = "letters"', "unit = 'letters'"),
    ],
)
def test_parameters_that_make_no_sense_are_named(tmp_path, line, says):
    with pytest.raises(RecipeError) as caught:
        recipe_with(tmp_path, f'[dedup]\nmethods = ["minhash"]\n[dedup.minhash]\n{line}\n')

    assert says in str(caught.value)


def test_a_wrong_value_does_not_cast_doubt_on_those_that_belong_together(tmp_path):
    text = '[dedup]\nmethods = ["minhash"]\n[dedup.minhash]\nbands = 9\nrows = 13\nngram = "x"\n'

    with pytest.raises(RecipeError) as caught:
        recipe_with(tmp_path, text)

    assert "ngram" in str(caught.value)
    assert "bands" not in str(caught.value)


def test_reading_a_recipe_loads_no_compiled_code():
    code = "import sys; sys.path[:0] = sys.argv[1:]; import redpyjama.dedup.catalogue as c; [m.params() for m in c.METHODS.values()]; print('numba' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code, *sys.path], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
