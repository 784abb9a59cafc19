"""Files of source code as rows of tables: BigQuery's exports and The Stack's Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from redpyjama.document import Document
from redpyjama.errors import InputError
from redpyjama.sources import lines
from redpyjama.sources.code import github_files, licences, metadata
from redpyjama.stage import Part, Quarantined, Skipped
from redpyjama.store import paths

_CONTENT = ("content", "text", "code")
_COLUMNS = {
    "repo_name": ("repo_name", "max_stars_repo_name", "repository_name", "sample_repo_name"),
    "path": ("path", "max_stars_repo_path", "file_path", "sample_path"),
    "licence": ("license", "licenses", "max_stars_repo_licenses", "detected_licenses"),
    "id": ("id", "hexsha", "blob_id"),
    "size": ("size", "length_bytes"),
    "copies": ("copies",),
    "ref": ("ref", "sample_ref", "max_stars_repo_head_hexsha", "revision_id"),
    "mode": ("mode", "sample_mode"),
    "language": ("language", "lang"),
    "binary": ("binary",),
    "created": ("max_stars_repo_stars_event_min_datetime",),
}
"""What each fact is called by those who publish such tables; the first that is there counts."""

_ROWS = 256  # files at a time: The Stack has some of a megabyte


def is_parquet(path: str) -> bool:
    """Say whether a file is Parquet, by its first bytes, or means to be, by its name."""
    if path.endswith(".parquet"):
        return True
    with paths.open_input(path) as stream:
        return stream.read(4) == b"PAR1"


def read(part: Part, extensions: tuple[str, ...]) -> Iterator[Document | Skipped | Quarantined]:
    """Yield a document for each row: JSON lines by bytes or stripes of lines, Parquet by stripes of row groups."""
    if is_parquet(part.dump.path):
        yield from _read_parquet(part, extensions)
        return
    for item in lines.read(part):
        if isinstance(item, Quarantined):
            yield item
            continue
        offset, line = item
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield Quarantined(f"is not JSON: {error}", "", offset)
            continue
        if isinstance(row, dict):
            yield _document(row, "", offset, extensions)
        else:
            yield Quarantined(f"is JSON, but a {type(row).__name__} and not an object", "", offset)


def _read_parquet(part: Part, extensions: tuple[str, ...]) -> Iterator[Document | Skipped | Quarantined]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with paths.open_input(part.dump.path) as stream:
        try:
            file = pq.ParquetFile(stream)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(part.dump.path, f"is damaged Parquet ({error})") from error
        wanted = {name for names in _COLUMNS.values() for name in names} | set(_CONTENT)
        columns = [name for name in file.schema_arrow.names if name in wanted]
        number = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if group % part.num_stripes == part.stripe:
                try:
                    for batch in file.iter_batches(_ROWS, row_groups=[group], columns=columns):
                        for row in batch.to_pylist():
                            yield _document(row, f"row {number}: ", -1, extensions)
                            number += 1
                            rows -= 1
                except (pa.ArrowException, OSError, ValueError) as error:
                    yield Quarantined(f"row group {group} is damaged: {error}", f"row {number}")
            number += rows


def _document(
    row: dict[str, Any], prefix: str, offset: int, extensions: tuple[str, ...]
) -> Document | Skipped | Quarantined:
    facts = {
        name: next((row[c] for c in columns if row.get(c) is not None), None) for name, columns in _COLUMNS.items()
    }
    path, repo_name = _string(facts["path"]), _string(facts["repo_name"])
    record = f"{prefix}{repo_name}/{path}" if repo_name else prefix + path
    content = next((row[name] for name in _CONTENT if row.get(name) is not None), None)
    if facts["binary"] in (True, "true"):
        return Skipped("binary", record, offset)
    if not isinstance(content, (str, bytes)) or not path:
        there = ", ".join(list(row)[:8])
        missing = "content" if path else "path"
        return Quarantined(f"row has no {missing} among its columns ({there})", record, offset)
    if not path.endswith(extensions):
        return Skipped("extension_not_listed", record, offset)
    if licences.is_licence_file(path):
        return Skipped("licence_file", record, offset)
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    decoded = github_files.to_text(data)
    if decoded is None:
        return Skipped("binary", record, offset)
    return github_files.document(
        data,
        *decoded,
        record=record,
        offset=offset,
        path=path,
        repository={
            "repo_name": repo_name,
            **{key: _string(facts[key]) for key in ("id", "size", "copies", "ref", "mode") if facts[key] is not None},
            "language": _languages(facts["language"]),
        },
        licence=_licence(path, decoded[0], facts["licence"]),
        url=f"https://github.com/{repo_name}" if repo_name.count("/") == 1 else None,
    )


def _string(value: Any) -> str:
    return "" if value is None else str(value)


def _languages(value: Any) -> list[Any]:
    """Return RedPajama's form, a list of objects with names, for a list or one name."""
    if isinstance(value, str):
        return [{"name": value}]
    return value if isinstance(value, list) else []


def _licence(path: str, text: str, stated: Any) -> licences.Finding:
    """Return the file's own notice, else the licences that the table states for its repository: all of them hold."""
    values = [v for v in (stated if isinstance(stated, list) else [stated]) if isinstance(v, str) and v]
    known = sorted({metadata.spdx(value) or f"LicenseRef-{_reference(value)}" for value in values})
    statement = f"the table's column for its repository: {', '.join(values)}"
    own = licences.header_licence(path, text)
    if own is None:
        joined = " AND ".join(f"({licence})" if " OR " in licence and len(known) > 1 else licence for licence in known)
        return licences.Finding(licence=joined or None, evidence=statement if values else "the table states no licence")
    if values and known != [own.licence]:
        return licences.Finding(
            licence=own.licence, evidence=f"{own.evidence}; but {statement}", attribution=own.attribution
        )
    return own


def _reference(value: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "-" for c in value)
