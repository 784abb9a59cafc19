"""Hash and count everything again.

A build trusts receipts; this trusts nothing: every file of every table against its receipt, every count of the manifest
against the tables themselves, every file of the release against its checksum, the records against the content digest.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from backports import zstd

from redpyjama.corpus import Corpus
from redpyjama.errors import CorpusError, InputError
from redpyjama.release import checksums
from redpyjama.release.publish import DIRECTORY
from redpyjama.store import atomic, hashes, paths
from redpyjama.store.manifest import SliceCounts
from redpyjama.store.shards import open_shard, read_batches

_READ_BYTES = 1 << 20


PLACES = "inputs.cache.json"
"""Where the build found each dump on this machine."""


class _Place(msgspec.Struct):
    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        path: The file that was checked, relative to the corpus.
        problem: What is wrong; empty if the check holds.
    """

    path: str
    problem: str = ""


def verify(path: str, *, inputs: bool = False) -> Iterator[Finding]:
    """Check a corpus; yield one finding for each check, good or bad, in a fixed order.

    Each file is one check, each slice's count of records is one, and each file of the release. Nothing is mended.

    Args:
        path: The corpus directory.
        inputs: Hash the dumps too, those that are still where the build found them.

    Raises:
        CorpusError: There is no finished corpus to check.
    """
    corpus = Corpus(path)
    for table, by_slice in sorted(corpus.manifest.tables.items()):
        for slice_name in by_slice:
            yield from _table(corpus, table, slice_name)
    for slice_name in corpus.slices:
        yield _guarded(corpus, f"corpus.json, slice {slice_name}", _counts, slice_name)
        yield _guarded(corpus, f"quarantine/{slice_name}.jsonl", _quarantine, slice_name)
    yield _guarded(corpus, "recipe.toml", _recipe)
    yield _guarded(corpus, "corpus.json, content_sha256", _content)
    yield from _release(corpus)
    if inputs:
        yield from _inputs(corpus)


def _guarded(corpus: Corpus, place: str, check: Any, *args: Any) -> Finding:
    """Run a check that says what is wrong; what it cannot even read is wrong too."""
    try:
        return Finding(place, check(corpus, *args))
    except CorpusError as error:
        return Finding(os.path.relpath(str(error.args[0]), corpus.path), "; ".join(str(a) for a in error.args[1:]))
    except OSError as error:
        return Finding(place, f"cannot be read ({error.strerror})")
    except (KeyError, ValueError, pa.ArrowException) as error:  # damage that made other data of it
        return Finding(place, f"cannot be checked: a table that it rests on is damaged ({error})")


def _table(corpus: Corpus, table: str, slice_name: str) -> Iterator[Finding]:
    try:
        stems = corpus.stems(table, slice_name)
        documents = corpus.stems("documents", slice_name) if slice_name in corpus.manifest.slices else stems
    except CorpusError as error:
        yield Finding(os.path.relpath(str(error.args[0]), corpus.path), "; ".join(map(str, error.args[1:])))
        return
    if len(stems) != len(documents):
        place = corpus.manifest.tables[table][slice_name]
        yield Finding(place, f"has {len(stems)} shards where the documents have {len(documents)}")
    for stem in stems:
        place = os.path.relpath(stem, corpus.path)
        receipt = yield from _receipt(corpus, stem, place)
        for suffix, expected in receipt["files"].items() if receipt else ():
            yield _guarded(corpus, f"{place}.{suffix}", _file, f"{stem}.{suffix}", expected, receipt["rows"])


def _receipt(corpus: Corpus, stem: str, place: str) -> Iterator[Any]:
    found: dict[str, Any] = {}

    def read(_: Corpus) -> str:
        found.update(atomic.read_receipt(stem))
        return ""

    yield _guarded(corpus, f"{place}.json", read)
    return found


def _file(_: Corpus, path: str, expected: Mapping[str, Any], rows: int) -> str:
    """Check a file's size and digest; where they are wrong, say what is different about its content."""
    size = os.path.getsize(path)
    if size != expected["bytes"]:
        return f"has {size:,} bytes where its receipt says {expected['bytes']:,}"
    if (digest := hashes.sha256_file(path)) != expected["sha256"]:
        return f"has SHA-256 {digest} where its receipt says {expected['sha256']}{_damage(path)}"
    if path.endswith(".parquet") and not path.endswith(".skipped.parquet"):
        with open_shard(path) as shard:
            if shard.metadata.num_rows != rows:
                return f"has {shard.metadata.num_rows} rows where its receipt says {rows}"
    return ""


def _damage(path: str) -> str:
    """Say where a damaged file cannot be read any more; nothing if it can."""
    try:
        if path.endswith(".parquet"):
            for _ in read_batches(path):
                pass
        elif path.endswith(".zst"):
            with open(path, "rb") as file:
                _records(file)
    except CorpusError as error:
        return f"; it {error.args[1]}"
    except zstd.ZstdError as error:
        return f"; its frame is damaged ({error})"
    except (pa.ArrowException, OSError) as error:
        return f"; it cannot be read ({error})"
    return "; its content differs"


def _records(file: IO[bytes]) -> tuple[int, str]:
    """Return how many lines a compressed file holds, and the digest of them."""
    digest, lines = hashlib.sha256(), 0
    with zstd.ZstdFile(file) as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
            lines += block.count(b"\n")
    return lines, digest.hexdigest()


def _counts(corpus: Corpus, slice_name: str) -> str:
    """Count a slice's records from its tables, and compare with what the manifest says."""
    found = _counted(corpus, slice_name)
    says = corpus.manifest.slices[slice_name]
    for name in ("read", "kept", "dropped", "quarantined", "dropped_by", "bytes_read", "bytes_kept", "tokens"):
        if getattr(found, name) != getattr(says, name):
            return f"{name} is {getattr(says, name)}, but the tables hold {getattr(found, name)}"
    if says.bytes_dropped_by and found.bytes_dropped_by != says.bytes_dropped_by:  # older corpora do not say
        return f"bytes_dropped_by is {says.bytes_dropped_by}, but the tables hold {found.bytes_dropped_by}"
    if says.read != says.kept + says.dropped + says.quarantined:
        return f"{says.read} read, but {says.kept} kept + {says.dropped} dropped + {says.quarantined} quarantined"
    return ""


def _counted(corpus: Corpus, slice_name: str) -> SliceCounts:
    totals: Counter[str] = Counter()
    dropped_by: Counter[str] = Counter()
    num_bytes: Counter[str] = Counter()
    tables = ("decisions", "spans", "tokens")
    for documents, decisions, final, tokens in corpus.shards(slice_name, *tables):
        keep = decisions.column("keep")
        totals["rows"] += documents.num_rows
        totals["kept"] += pc.sum(keep).as_py()
        totals["bytes_read"] += pc.sum(pc.binary_length(documents.column("text"))).as_py()
        totals["bytes_kept"] += pc.sum(final.column("final_bytes").filter(keep)).as_py() or 0
        totals["tokens"] += pc.sum(tokens.column("num_tokens").filter(keep)).as_py() or 0
        rules = decisions.column("rule").filter(pc.invert(keep)).to_pylist()
        dropped_by.update(rules)
        for rule, size in zip(rules, final.column("final_bytes").filter(pc.invert(keep)).to_pylist(), strict=True):
            num_bytes[rule] += size
    for stem in corpus.stems("documents", slice_name):
        for (skipped,) in read_batches(f"{stem}.skipped.parquet"):
            dropped_by.update(skipped.column("rule").to_pylist())
        with open(f"{stem}.quarantine.jsonl", "rb") as file:
            totals["quarantined"] += sum(1 for _ in file)
    dropped = sum(dropped_by.values())
    return SliceCounts(
        read=totals["kept"] + dropped + totals["quarantined"],
        kept=totals["kept"],
        dropped=dropped,
        quarantined=totals["quarantined"],
        dropped_by=dict(sorted(dropped_by.items())),
        bytes_dropped_by=dict(sorted(num_bytes.items())),
        bytes_read=totals["bytes_read"],
        bytes_kept=totals["bytes_kept"],
        tokens=totals["tokens"],
    )


def _quarantine(corpus: Corpus, slice_name: str) -> str:
    with open(os.path.join(corpus.path, "quarantine", f"{slice_name}.jsonl"), "rb") as file:
        lines = file.readlines()
    for number, line in enumerate(lines, start=1):
        try:
            record: Any = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            return f"line {number} is damaged ({error})"
        if not isinstance(record, dict) or not {"file", "offset", "record", "reason"} <= set(record):
            return f"line {number} lacks one of file, offset, record, reason"
    expected = corpus.manifest.slices[slice_name].quarantined
    if len(lines) != expected:
        return f"has {len(lines)} lines where corpus.json says {expected}"
    parts = b"".join(_read(f"{stem}.quarantine.jsonl") for stem in corpus.stems("documents", slice_name))
    return "" if parts == b"".join(lines) else "differs from the records that the shards quarantined"


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _recipe(corpus: Corpus) -> str:
    digest = hashlib.sha256(corpus.recipe_text.encode()).hexdigest()
    says = corpus.manifest.recipe.sha256
    return "" if digest == says else f"has SHA-256 {digest} where corpus.json says {says}"


def _content(corpus: Corpus) -> str:
    """Hash the uncompressed records themselves."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for slice_name in corpus.slices:
        receipts: list[dict[str, Any]] = []
        for stem, receipt in zip(
            corpus.stems("release", slice_name), corpus.receipts("release", slice_name), strict=True
        ):
            path = f"{stem}.jsonl.zst"
            with open(path, "rb") as file:
                try:
                    rows, digest = _records(file)
                except zstd.ZstdError as error:
                    raise CorpusError(path, f"is damaged ({error})", "run the build again") from error
            if rows != receipt["rows"]:
                raise CorpusError(path, f"has {rows} records where its receipt says {receipt['rows']}")
            receipts.append({"rows": rows, "records_sha256": digest})
        found[slice_name] = receipts
    digest = checksums.content_sha256(found)
    says = corpus.manifest.content_sha256
    return "" if digest == says else f"is {says}, but the records hash to {digest}"


def _release(corpus: Corpus) -> Iterator[Finding]:
    """Check the files of every release against its SHA256SUMS, and that there are no others."""
    for name in sorted(os.listdir(corpus.path)):
        if name != DIRECTORY and not name.startswith(f"{DIRECTORY}-"):
            continue
        sums_path = os.path.join(corpus.path, name, checksums.FILE)
        try:
            with open(sums_path, encoding="utf-8") as file:
                expected = checksums.read_sums(sums_path, file)
        except (OSError, UnicodeDecodeError, CorpusError) as error:
            what = error.args[1] if isinstance(error, CorpusError) else error
            yield Finding(f"{name}/{checksums.FILE}", f"cannot be read: {what}")
            continue
        yield Finding(f"{name}/{checksums.FILE}")
        for file_name, digest in sorted(expected.items()):
            place = f"{name}/{file_name}"
            yield _guarded(corpus, place, _sum, os.path.join(corpus.path, place), digest)
        yield from _strays(corpus, name, set(expected))
    if DIRECTORY not in os.listdir(corpus.path):
        yield Finding(DIRECTORY, "is missing; run 'redpyjama release' to write it")


def _sum(_: Corpus, path: str, expected: str) -> str:
    digest = hashes.sha256_file(path) if os.path.exists(path) else ""
    if not digest:
        return f"is missing, but {checksums.FILE} names it"
    return "" if digest == expected else f"has SHA-256 {digest} where {checksums.FILE} says {expected}{_damage(path)}"


def _strays(corpus: Corpus, name: str, expected: set[str]) -> Iterator[Finding]:
    root = os.path.join(corpus.path, name)
    for folder, _, files in sorted(os.walk(root)):
        for file in sorted(files):
            relative = os.path.relpath(os.path.join(folder, file), root)
            if relative not in {*expected, checksums.FILE}:
                yield Finding(f"{name}/{relative}", f"is no file of the release: {checksums.FILE} does not name it")


def _inputs(corpus: Corpus) -> Iterator[Finding]:
    """Hash the dumps whose place the build has noted; a place is no part of a corpus, so others are passed over."""
    says = {dump.sha256 for dump in corpus.manifest.inputs}
    try:
        with open(os.path.join(corpus.path, PLACES), "rb") as file:
            places = msgspec.json.decode(file.read(), type=dict[str, _Place])
    except (OSError, msgspec.DecodeError):
        return
    for place, known in sorted(places.items()):
        if known.sha256 in says and (paths.is_remote(place) or os.path.exists(place)):
            yield _guarded(corpus, place, _dump, place, known.sha256)


def _dump(_: Corpus, place: str, expected: str) -> str:
    try:
        digest = hashes.sha256_path(place)
    except InputError as error:
        return str(error.args[1])
    return "" if digest == expected else f"has SHA-256 {digest}, but the corpus was made when it had {expected}"
