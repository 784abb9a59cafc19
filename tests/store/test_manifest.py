"""The manifest of a corpus."""

from __future__ import annotations

import json

import pytest

from redpyjama.errors import CorpusError
from redpyjama.store import atomic, manifest
from redpyjama.store.manifest import Input, Manifest, Method, RecipeRef, SliceCounts, Tokenizer


def example() -> Manifest:
    return Manifest(
        recipe=RecipeRef(name="redpyjama-1", sha256="00"),
        inputs=[
            Input(slice="c4", path="b.json.gz", bytes=2, sha256="bb"),
            Input(slice="c4", path="a.json.gz", bytes=1, sha256="aa"),
            Input(slice="arxiv", path="z.tar", bytes=1, sha256="cc"),
        ],
        tables={"documents": {"c4": "stages/read-01/c4"}},
        slices={
            "c4": SliceCounts(
                read=3, kept=1, dropped=1, quarantined=1, dropped_by={"too_short": 1}, bytes_dropped_by={"too_short": 7}
            )
        },
        dedup=[Method(name="url", rule="same_address", slices=["c4"]), Method(name="exact", rule="x", slices=["c4"])],
        tokenizer=Tokenizer(name="redpyjama-32k", sha256="dd", vocab_size=32000),
        content_sha256="ee",
    )


def test_what_is_saved_is_what_is_loaded_with_inputs_in_order(tmp_path):
    manifest.save(str(tmp_path), example())
    loaded = manifest.load(str(tmp_path))

    assert [(i.slice, i.path) for i in loaded.inputs] == [("arxiv", "z.tar"), ("c4", "a.json.gz"), ("c4", "b.json.gz")]
    assert loaded.slices == example().slices
    assert loaded.tables == example().tables
    assert loaded.dedup == example().dedup  # in the recipe's order


def test_a_manifest_of_before_copies_were_counted_still_loads(tmp_path):
    value = atomic.unseal(manifest.encode(example()))
    del value["dedup"], value["slices"]["c4"]["bytes_dropped_by"]
    (tmp_path / "corpus.json").write_bytes(atomic.seal(value))

    loaded = manifest.load(str(tmp_path))

    assert (loaded.dedup, loaded.slices["c4"].bytes_dropped_by) == ([], {})


def test_the_bytes_are_a_function_of_the_content(tmp_path):
    data = manifest.encode(example())

    assert data == manifest.encode(manifest.Manifest(**{f: getattr(example(), f) for f in example().__struct_fields__}))
    assert data.endswith(b"}\n")
    assert list(json.loads(data)) == sorted(json.loads(data))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format_version": 2}', "has format_version 2; this program reads 1; use the version of redpyjama"),
        ('{"format_version": 1}', "is damaged .*it was changed.*; run the build again"),
        ('{"format_version": 1, "recipe"', "is damaged"),
        ("", "is damaged"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_what_to_do(tmp_path, content, message):
    (tmp_path / "corpus.json").write_text(content)

    with pytest.raises(CorpusError, match=message):
        manifest.load(str(tmp_path))


def test_no_corpus_an_unfinished_one_and_no_directory_are_told_apart(tmp_path):
    with pytest.raises(CorpusError, match="is no corpus"):
        manifest.load(str(tmp_path))
    (tmp_path / "stages").mkdir()
    with pytest.raises(CorpusError, match="an unfinished build"):
        manifest.load(str(tmp_path))
    with pytest.raises(CorpusError, match="does not exist"):
        manifest.load(str(tmp_path / "nowhere"))
