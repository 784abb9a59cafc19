"""The github source: every file of a repository is a document, skipped or quarantined, in whatever form it comes."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import pathlib
import subprocess
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.document import Document, to_batch
from redpyjama.errors import InputError
from redpyjama.sources import base
from redpyjama.sources.code import github_files, repositories
from redpyjama.sources.github import SOURCE, GithubOptions
from redpyjama.stage import Quarantined, Skipped
from tests.sources.test_licences import MIT

DEFAULT = GithubOptions()
FILES = {
    "LICENSE": MIT.encode(),
    "pyproject.toml": b'[project]\nlicense = "MIT"\n[project.urls]\nSource = "https://github.com/ada/tool"\n',
    "src/tool.py": b"def f():\n    return 1\n",
    "src/logo.py": b"\x00\x01\x02",
    "src/latin.c": b"/* caf\xe9 */\nint x;\n",
    "src/wide.cs": "\ufeffclass Ä {}".encode("utf-16-le"),
    "data.csv": b"1,2\n",
    "vendor/gpl.c": b"/* SPDX-License-Identifier: GPL-2.0-only */\nint y;\n",
}


def tar_of(files: dict[str, bytes], top: str = "tool-1.0/") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(top + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo(top + "link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "src/tool.py"
        archive.addfile(link)
    return out.getvalue()


def zip_of(files: dict[str, bytes], top: str = "tool-1.0/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(top + name, data)
    return out.getvalue()


def read(*inputs: pathlib.Path | str, options: GithubOptions = DEFAULT) -> list[Document | Skipped | Quarantined]:
    found = []
    for dump in SOURCE.dumps([str(path) for path in inputs], options):
        found += [item for part in SOURCE.parts(dump, options) for item in SOURCE.read(part, options)]
    return found


def write(path: pathlib.Path, data: bytes) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def kinds(items: list[Document | Skipped | Quarantined]) -> dict[str, str]:
    names = {Document: lambda d: "document", Skipped: lambda s: s.rule, Quarantined: lambda q: "quarantined"}
    return {item.record.removeprefix("tool-1.0/"): names[type(item)](item) for item in items}


EXPECTED = {
    "LICENSE": "licence_file",
    "pyproject.toml": "extension_not_listed",
    "src/tool.py": "document",
    "src/logo.py": "binary",
    "src/latin.c": "document",
    "src/wide.cs": "document",
    "data.csv": "extension_not_listed",
    "vendor/gpl.c": "document",
}


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_every_file_of_an_archive_is_accounted_for(tmp_path: pathlib.Path, pack) -> None:
    items = read(write(tmp_path / "tool-1.0.tar.gz", pack(FILES)))

    assert kinds(items) == EXPECTED | ({"link.py": "link"} if pack is tar_of else {})
    assert {i.rule for i in items if isinstance(i, Skipped)} <= set(SOURCE.skips)


def test_a_document_says_where_it_comes_from_and_under_what_licence(tmp_path: pathlib.Path) -> None:
    items = read(write(tmp_path / "tool-1.0.tar.gz", tar_of(FILES)))
    documents = {item.meta["path"]: item for item in items if isinstance(item, Document)}
    tool = documents["src/tool.py"]

    assert tool.text == "def f():\n    return 1\n"
    assert tool.record == "tool-1.0/src/tool.py"
    assert tool.url == "https://github.com/ada/tool"
    assert (tool.licence, tool.licence_evidence) == ("MIT", "tool-1.0/LICENSE: text of MIT")
    assert tool.attribution == "Copyright (c) 2020 Ada Example"
    assert tool.meta == {
        "content_hash": "15c13e5a58fffd501beff7120e5ad9f8",
        "timestamp": "",
        "source": "github",
        "line_count": 2,
        "max_line_length": 12,
        "avg_line_length": 11.0,
        "alnum_prop": 0.5,
        "repo_name": "tool-1.0",
        "id": "b8595995dba30b1cf7ee90f336b3e3356ee99e1b",
        "size": "22",
        "binary": False,
        "copies": "1",
        "ref": "",
        "path": "src/tool.py",
        "mode": "",
        "license": "mit",
        "language": [
            {"name": "C", "bytes": "69"},
            {"name": "Python", "bytes": "25"},
            {"name": "C#", "bytes": "22"},
        ],
        "programming_language": "Python",
    }
    assert documents["vendor/gpl.c"].licence == "GPL-2.0-only"
    assert (documents["src/latin.c"].text, documents["src/latin.c"].encoding_repairs) == (
        "/* caf\ufffd */\nint x;\n",
        1,
    )
    assert (documents["src/wide.cs"].text, documents["src/wide.cs"].encoding_repairs) == ("class Ä {}", 0)
    assert to_batch("github", "d", list(documents.values())).num_rows == 4


def test_stripes_share_out_every_file_once(tmp_path: pathlib.Path) -> None:
    files = {"LICENSE": MIT.encode(), **{f"f{n}.py": b"x = %d\n" % n for n in range(500)}}
    path = write(tmp_path / "a.tar.gz", tar_of(files))
    (dump,) = SOURCE.dumps([str(path)], DEFAULT)
    (whole,) = SOURCE.parts(dump, DEFAULT)
    striped = []
    for stripe in range(3):
        part = type(whole)(dump=dump, stripe=stripe, num_stripes=3)
        striped.append(list(SOURCE.read(part, DEFAULT)))

    assert all(len(items) > 100 for items in striped)
    assert all(item.licence == "MIT" for items in striped for item in items if isinstance(item, Document))
    assert sorted(map(repr, itertools.chain(*striped))) == sorted(map(repr, SOURCE.read(whole, DEFAULT)))


def test_a_damaged_archive_keeps_what_came_before(tmp_path: pathlib.Path) -> None:
    noise = {f"{n}.py": (b"%d " % n + os.urandom(50).hex().encode()) * 20 for n in range(300)}
    data = tar_of({"LICENSE": MIT.encode(), **noise})
    items = read(write(tmp_path / "a.tar.gz", data[: len(data) // 2]))

    assert sum(isinstance(item, Document) for item in items) > 50
    assert all(item.licence == "MIT" for item in items if isinstance(item, Document))
    assert isinstance(items[-1], Quarantined)


def test_what_is_no_archive_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="no tar, zip or 7z"):
        read(write(tmp_path / "a.tar.gz", b"nothing of the kind" * 100))


def test_a_folder_of_source_code_is_one_repository(tmp_path: pathlib.Path) -> None:
    for name, data in FILES.items():
        write(tmp_path / "tool" / name, data)
    items = read(tmp_path / "tool")

    assert kinds(items) == EXPECTED
    assert {item.meta["repo_name"] for item in items if isinstance(item, Document)} == {"tool"}


def test_a_folder_of_archives_and_repositories_is_many_dumps(tmp_path: pathlib.Path) -> None:
    write(tmp_path / "a.tar.gz", b"")
    write(tmp_path / "deep" / "b.zip", b"")
    write(tmp_path / "c.parquet", b"")
    write(tmp_path / "README.txt", b"")
    write(tmp_path / "tool" / "LICENSE", b"")
    write(tmp_path / "bare.git" / "HEAD", b"")
    write(tmp_path / "bare.git" / "objects" / "x", b"")
    write(tmp_path / "bare.git" / "refs" / "x", b"")
    names = [dump.name for dump in SOURCE.dumps([str(tmp_path)], DEFAULT)]

    assert names == ["a.tar.gz", "b.zip", "bare.git", "c.parquet", "tool"]


def git(folder: pathlib.Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "tool"
    for name, data in FILES.items():
        write(folder / name, data)
    (folder / "link.py").symlink_to("src/tool.py")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "git@github.com:ada/tool.git")
    write(folder / "untracked.py", b"secret = 1")
    return folder


def test_a_git_repository_is_read_at_head(clone: pathlib.Path, tmp_path: pathlib.Path) -> None:
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(clone), str(bare)], check=True)
    items = read(clone)

    assert kinds(items) == EXPECTED | {"link.py": "link"}
    assert kinds(read(bare)) == kinds(items)
    document = next(item for item in items if isinstance(item, Document))
    assert document.url == "https://github.com/ada/tool"
    assert document.meta["repo_name"] == "ada/tool"
    assert document.meta["ref"] == git(clone, "rev-parse", "HEAD")
    assert document.meta["id"] == git(clone, "rev-parse", f"HEAD:{document.meta['path']}")


def test_no_program_that_a_repository_names_is_run(clone: pathlib.Path) -> None:
    proof = clone.parent / "ran"
    write(clone / ".gitattributes", b"*.py filter=evil diff=evil export-subst\n")
    git(clone, "add", ".gitattributes")
    git(clone, "commit", "-q", "-m", "second")
    for key in ("filter.evil.smudge", "diff.evil.textconv", "core.fsmonitor", "core.pager", "core.sshCommand"):
        git(clone, "config", key, f"touch {proof}")
    items = read(clone)

    assert sum(isinstance(item, Document) for item in items) == 4
    assert not proof.exists()


def test_a_git_repository_without_git_or_commits_is_refused(
    clone: pathlib.Path, tmp_path: pathlib.Path, monkeypatch
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    with pytest.raises(InputError, match="git cannot read it"):
        read(tmp_path / "empty")
    monkeypatch.setattr(repositories.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="git is not installed"):
        read(clone)


BIGQUERY = {
    "id": "abc", "size": "9", "content": "x = 1\n", "binary": False, "copies": "3", "repo_name": "ada/tool",
    "ref": "refs/heads/main", "path": "src/a.py", "mode": "33188", "license": "apache-2.0",
    "language": [{"name": "Python", "bytes": "9"}],
}  # fmt: skip


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bigquery_exports(tmp_path: pathlib.Path, pack) -> None:
    rows = [BIGQUERY, BIGQUERY | {"content": None, "binary": True}, BIGQUERY | {"path": "a.csv"}, {"x": 1}, 7]
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    first, *others = read(write(tmp_path / "github.json", pack(data)))

    assert [type(item) for item in others] == [Skipped, Skipped, Quarantined, Quarantined]
    assert [item.rule for item in others[:2]] == ["binary", "extension_not_listed"]
    assert others[2].reason == "row has no path among its columns (x)"
    assert first.licence == "Apache-2.0"
    assert first.licence_evidence == "the table's column for its repository: apache-2.0"
    assert first.url == "https://github.com/ada/tool"
    assert {key: first.meta[key] for key in BIGQUERY if key not in ("content", "license")} == {
        key: BIGQUERY[key] for key in BIGQUERY if key not in ("content", "license")
    }


def test_the_stack(tmp_path: pathlib.Path) -> None:
    rows = [
        {
            "content": f"# {n}\nx = {n}\n" if n else "# SPDX-License-Identifier: GPL-2.0-only\n",
            "max_stars_repo_name": "ada/tool",
            "max_stars_repo_path": f"a{n}.py",
            "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
            "lang": "Python",
            "hexsha": f"{n:040x}",
            "avg_line_length": 5.0,
        }
        for n in range(10)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data.parquet", row_group_size=4)
    items = read(tmp_path / "data.parquet")

    assert [item.record for item in items] == [f"row {n}: ada/tool/a{n}.py" for n in range(10)]
    assert items[1].licence == "Apache-2.0 AND MIT"
    assert items[0].licence == "GPL-2.0-only"
    assert "MIT, Apache-2.0" in items[0].licence_evidence
    assert items[1].meta["language"] == [{"name": "Python"}]
    (dump,) = SOURCE.dumps([str(tmp_path / "data.parquet")], DEFAULT)
    whole = base.stripe_parts(dump)[0]
    striped = [list(SOURCE.read(type(whole)(dump=dump, stripe=s, num_stripes=2), DEFAULT)) for s in range(2)]
    assert sorted(i.record for part in striped for i in part) == [i.record for i in items]


@pytest.mark.parametrize("data", [b"PAR1" + b"\0" * 100, b"something else\n", b""])
def test_damaged_parquet_is_refused(tmp_path: pathlib.Path, data: bytes) -> None:
    with pytest.raises(InputError, match="damaged Parquet"):
        read(write(tmp_path / "a.parquet", data))


def test_a_damaged_row_group_is_quarantined_and_the_next_one_read(tmp_path: pathlib.Path) -> None:
    rows = [{"content": f"x = {n}\n" * 50, "repo_name": "a/b", "path": f"{n}.py"} for n in range(8)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=2, compression="zstd")
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(1)
    column = next(group.column(i) for i in range(3) if group.column(i).path_in_schema == "content")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    items = read(write(tmp_path / "b.parquet", bytes(data)))

    assert [item.record for item in items if isinstance(item, Quarantined)] == ["row 2"]
    assert [item.record for item in items if isinstance(item, Document)] == [
        f"row {n}: a/b/{n}.py" for n in (0, 1, 4, 5, 6, 7)
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_binary(data: bytes) -> None:
    decoded = github_files.to_text(data)
    if decoded is None:
        assert b"\0" in data
    else:
        text, repairs = decoded
        assert repairs >= 0
        text.encode()


def test_every_listed_extension_has_a_language() -> None:
    assert [
        end for end in github_files.EXTENSIONS if github_files.language_of("a/x" * (end[0] == ".") + end) is None
    ] == []


@pytest.fixture(scope="module")
def sdists() -> pathlib.Path:
    folder = os.environ.get("REDPYJAMA_SDISTS")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip(
            "set REDPYJAMA_SDISTS to a folder of source distributions (pip download --no-binary :all: --no-deps)"
        )
    return pathlib.Path(folder)


def test_real_source_distributions(sdists: pathlib.Path) -> None:
    expected = {"attrs": "MIT", "click": "BSD-3-Clause", "Unidecode": "GPL-2.0", "maturin": "MIT OR Apache-2.0"}
    for dump in SOURCE.dumps([str(sdists)], DEFAULT):
        items = [item for part in SOURCE.parts(dump, DEFAULT) for item in SOURCE.read(part, DEFAULT)]
        documents = [item for item in items if isinstance(item, Document)]

        assert documents
        assert not any(isinstance(item, Quarantined) for item in items)
        assert all(document.licence_evidence for document in documents)
        if licence := expected.get(dump.name.split("-")[0]):
            assert licence in {document.licence for document in documents}
