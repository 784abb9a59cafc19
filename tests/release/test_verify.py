"""Verify finds every change, and names it."""

from __future__ import annotations

import hashlib
import pathlib
import random
import shutil

import msgspec
import pytest
from backports import zstd

from redpyjama.errors import CorpusError
from redpyjama.release import release
from redpyjama.release.verify import verify
from redpyjama.store import atomic, manifest


def problems(corpus: pathlib.Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for finding in verify(str(corpus)):
        if finding.problem:
            found.setdefault(finding.path, finding.problem)
    return found


def flip(path: pathlib.Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.unlink()  # a release's file is a link to its stage's
    path.write_bytes(data)


def test_a_good_corpus_has_no_problem_and_many_checks(corpus):
    release(str(corpus), form="parquet")
    release(str(corpus), sample=0.5)
    findings = list(verify(str(corpus)))

    assert [f for f in findings if f.problem] == []
    assert len(findings) >= 80


def every_file(corpus: pathlib.Path) -> list[str]:
    return sorted(str(p.relative_to(corpus)) for p in corpus.rglob("*") if p.is_file() and p.stat().st_size)


def blamed(corpus: pathlib.Path, name: str) -> set[str]:
    """The files that verify names after a byte of *name* changed."""
    try:
        return {path.split(",")[0] for path in problems(corpus)}
    except CorpusError as error:
        return {str(pathlib.Path(error.args[0]).relative_to(corpus))}


def test_a_flipped_byte_in_any_file_is_found_and_the_file_is_named(corpus):
    release(str(corpus), form="parquet")
    chance = random.Random(7)
    for name in every_file(corpus):
        if name.startswith("stages/release-") and not name.startswith("stages/release-0/"):
            continue  # the stage of another form: no table of the corpus; its release is checked
        path = corpus / name
        good = path.read_bytes()
        flip(path, chance.randrange(len(good)))
        found = blamed(corpus, name)
        path.write_bytes(good)
        # Nothing vouches for the list of checksums; one that changed contradicts a file beside it.
        named = {f.split("/")[0] for f in found} if name.endswith("SHA256SUMS") else found
        assert (name.removesuffix("/SHA256SUMS") if named is not found else name) in named, (name, found)


def test_a_damaged_parquet_file_says_where(corpus):
    path = corpus / "stages/documents-0/c4/part-00002.parquet"
    flip(path, path.stat().st_size // 4)

    found = problems(corpus)["stages/documents-0/c4/part-00002.parquet"]
    assert "has SHA-256" in found
    assert "is damaged in row group 0" in found or "its content differs" in found


def test_a_damaged_release_file_says_that_its_frame_is(corpus):
    path = corpus / "release/c4/part-00002.jsonl.zst"
    flip(path, path.stat().st_size // 2)

    assert "its frame is damaged" in problems(corpus)["release/c4/part-00002.jsonl.zst"]


def test_a_truncated_file_is_found(corpus):
    path = corpus / "stages/spans-0/c4/part-00000.parquet"
    path.write_bytes(path.read_bytes()[:-1])

    assert "bytes where its receipt says" in problems(corpus)["stages/spans-0/c4/part-00000.parquet"]


def test_missing_files_are_found(corpus):
    (corpus / "stages/tokens-0/c4/part-00001.json").unlink()
    (corpus / "stages/words-0/c4/part-00000.parquet").unlink()
    (corpus / "release/c4/part-00000.jsonl.zst").unlink()
    (corpus / "quarantine/c4.jsonl").unlink()

    found = problems(corpus)
    assert "is missing" in found["stages/tokens-0/c4/part-00001.json"]
    assert "cannot be read" in found["stages/words-0/c4/part-00000.parquet"]
    assert found["release/c4/part-00000.jsonl.zst"] == "is missing, but SHA256SUMS names it"
    assert "cannot be read" in found["quarantine/c4.jsonl"]


def test_a_missing_last_shard_is_found(corpus):
    for path in (corpus / "stages/words-0/c4").glob("part-00002*"):
        path.unlink()

    assert problems(corpus)["stages/words-0/c4"] == "has 2 shards where the documents have 3"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("read", 27),
        ("kept", 22),
        ("dropped_by", {"too_short": 2}),
        ("bytes_dropped_by", {"too_short": 9}),
        ("bytes_kept", 1),
        ("tokens", 1),
        ("quarantined", 2),
    ],
)
def test_counts_that_the_tables_do_not_bear_out_are_found(corpus, key, value):
    made = manifest.load(str(corpus))
    counts = msgspec.structs.replace(made.slices["c4"], **{key: value})
    manifest.save(str(corpus), msgspec.structs.replace(made, slices={**made.slices, "c4": counts}))

    assert problems(corpus)["corpus.json, slice c4"].startswith(f"{key} is ")


def test_a_release_with_other_records_and_right_checksums_is_found(corpus):
    # Whoever changes a record, its receipt and all checksums still cannot change the content digest unseen.
    path = corpus / "stages/release-0/github/part-00000.jsonl.zst"
    receipt = path.with_name("part-00000.json")
    text = zstd.decompress(path.read_bytes())
    data = zstd.compress(text.replace(b"return 1", b"return 2"))
    path.unlink()
    path.write_bytes(data)
    made = atomic.read_receipt(str(receipt).removesuffix(".json"))
    made["files"]["jsonl.zst"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    receipt.write_bytes(atomic.seal(made))
    release(str(corpus))

    assert list(problems(corpus)) == ["corpus.json, content_sha256"]


def test_files_that_do_not_belong_to_the_release_are_found(corpus):
    (corpus / "release/c4/extra.jsonl").write_text("{}")

    assert problems(corpus) == {"release/c4/extra.jsonl": "is no file of the release: SHA256SUMS does not name it"}


def test_a_damaged_quarantine_line_is_named(corpus):
    path = corpus / "quarantine/c4.jsonl"
    path.write_text(path.read_text().replace("reason", "raison"))

    assert problems(corpus)["quarantine/c4.jsonl"] == "line 1 lacks one of file, offset, record, reason"


def test_an_edited_recipe_is_found(corpus):
    with (corpus / "recipe.toml").open("a") as file:
        file.write("# harmless\n")

    assert "has SHA-256" in problems(corpus)["recipe.toml"]


def test_a_missing_release_is_found(corpus):
    shutil.rmtree(corpus / "release")

    assert problems(corpus) == {"release": "is missing; run 'redpyjama release' to write it"}


def test_no_corpus_cannot_be_verified(tmp_path):
    with pytest.raises(CorpusError):
        list(verify(str(tmp_path)))


def test_dumps_that_are_still_there_are_hashed_if_asked_for(corpus, tmp_path):
    dump = tmp_path / "d.json.gz"
    dump.write_bytes(b"as it was read")
    digest = hashlib.sha256(b"as it was read").hexdigest()
    made = manifest.load(str(corpus))
    read = [msgspec.structs.replace(made.inputs[0], sha256=digest), *made.inputs[1:]]
    manifest.save(str(corpus), msgspec.structs.replace(made, inputs=read))
    places = {str(dump): {"state": [1], "sha256": digest}, "/nowhere": {"sha256": "11" * 32}}
    (corpus / "inputs.cache.json").write_bytes(msgspec.json.encode(places))

    found = [f for f in verify(str(corpus), inputs=True) if f.path == str(dump)]
    dump.write_bytes(b"another")
    changed = [f for f in verify(str(corpus), inputs=True) if f.problem]

    assert [f.problem for f in found] == [""]
    assert [f.path for f in changed] == [str(dump)]
    assert "but the corpus was made when it had" in changed[0].problem
    assert not [f for f in verify(str(corpus)) if f.problem]
