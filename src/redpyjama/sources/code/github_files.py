"""One source file -> one document: which files count, how their bytes become text, what their record says."""

from __future__ import annotations

import hashlib
import posixpath
from typing import Any

import numpy as np

from redpyjama.document import Document
from redpyjama.sources.code.licences import Finding

EXTENSIONS = (
    ".asm", ".bat", ".cmd", ".c", ".h", ".cs", ".cpp", ".hpp", ".c++", ".h++", ".cc", ".hh", ".C", ".H", ".cmake",
    ".css", ".dockerfile", ".f90", ".f", ".f03", ".f08", ".f77", ".f95", ".for", ".fpp", ".go", ".hs", ".html",
    ".java", ".js", ".jl", ".lua", ".md", ".markdown", ".php", ".php3", ".php4", ".php5", ".phps", ".phpt", ".pl",
    ".pm", ".pod", ".perl", ".ps1", ".psd1", ".psm1", ".py", ".rb", ".rs", ".sql", ".scala", ".sh", ".bash",
    ".command", ".zsh", ".ts", ".tsx", ".tex", ".vb", "Dockerfile", "Makefile", ".xml", ".rst", ".m", ".smali",
)  # fmt: skip
"""RedPajama's list: ends of paths, case and all. Source: RedPajama-Data rp_v1, github_run_filter.py."""

_LANGUAGES = {
    "Assembly": ".asm", "Batchfile": ".bat .cmd", "C": ".c .h", "C#": ".cs",
    "C++": ".cpp .hpp .c++ .h++ .cc .hh .C .H", "CMake": ".cmake", "CSS": ".css",
    "Dockerfile": ".dockerfile Dockerfile", "Fortran": ".f90 .f .f03 .f08 .f77 .f95 .for .fpp", "Go": ".go",
    "Haskell": ".hs", "HTML": ".html", "Java": ".java", "JavaScript": ".js", "Julia": ".jl", "Lua": ".lua",
    "Makefile": "Makefile", "Markdown": ".md .markdown", "Objective-C": ".m",
    "PHP": ".php .php3 .php4 .php5 .phps .phpt", "Perl": ".pl .pm .pod .perl", "PowerShell": ".ps1 .psd1 .psm1",
    "Python": ".py", "Ruby": ".rb", "Rust": ".rs", "SQL": ".sql", "Scala": ".scala",
    "Shell": ".sh .bash .command .zsh", "Smali": ".smali", "TeX": ".tex", "TypeScript": ".ts .tsx",
    "Visual Basic": ".vb", "XML": ".xml", "reStructuredText": ".rst",
}  # fmt: skip
_LANGUAGE_OF = {end: language for language, ends in _LANGUAGES.items() for end in ends.split()}

SKIPS = {
    "extension_not_listed": "The path ends in none of the option extensions.",
    "binary": "There is a NUL byte among the first 8 KiB, and no UTF-16 byte order mark: the file is no text.",
    "licence_file": "The file is a licence text; it speaks for the files around it and is no source code.",
}

_BINARY_HEAD = 8192
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def language_of(path: str) -> str | None:
    """Return the programming language that the end of a path stands for, by the names of GitHub."""
    name = posixpath.basename(path)
    end = "." + name.rpartition(".")[2] if "." in name else name
    return _LANGUAGE_OF.get(end)


def to_text(data: bytes) -> tuple[str, int] | None:
    """Decode a file: its text and how many replacement characters that took; None for a binary.

    Byte order marks go. What is no UTF-8 is repaired as WHATWG says.
    """
    encoding = _UTF_16.get(data[:2], "utf-8")
    if encoding == "utf-8" and b"\0" in data[:_BINARY_HEAD]:
        return None
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    there = data.count(_REPLACEMENT.encode()) if encoding == "utf-8" else 0
    return text, max(0, text.count(_REPLACEMENT) - there)


def document(
    data: bytes,
    text: str,
    repairs: int,
    *,
    record: str,
    offset: int,
    path: str,
    repository: dict[str, Any],
    licence: Finding,
    url: str | None,
) -> Document:
    """Put a file's document together, with all keys of RedPajama's meta.

    Departs: ``line_count`` and its kin measure the file before its notices are cut, RedPajama's after; the signals of
    the step "code", by which its rules decide, measure what its spans leave.
    """
    encoded = text.encode()
    return Document(
        text=text,
        record=record,
        offset=offset,
        url=url,
        licence=licence.licence,
        licence_evidence=licence.evidence,
        attribution=licence.attribution,
        meta={
            "content_hash": hashlib.md5(encoded, usedforsecurity=False).hexdigest(),
            "timestamp": "",
            "source": "github",
            **_measures(encoded),
            "repo_name": repository.get("repo_name", ""),
            "id": repository.get("id") or _blob_id(data),
            "size": repository.get("size") or str(len(data)),
            "binary": False,
            "copies": repository.get("copies", "1"),
            "ref": repository.get("ref", ""),
            "path": path,
            "mode": repository.get("mode", ""),
            "license": (licence.licence or "").lower(),
            "language": repository.get("language", []),
            "programming_language": language_of(path) or "",
        },
        encoding_repairs=repairs,
    )


def _measures(text: bytes) -> dict[str, Any]:
    from redpyjama.kernels import code, unicode

    offsets = np.array([0, len(text)], np.int32)
    chars, lines, longest, alnum, alpha = (np.empty(1, np.int32) for _ in range(5))
    data = np.frombuffer(text, np.uint8)
    code.measure(data, offsets, unicode.classes(), chars, lines, longest, alnum, alpha, np.empty(1))
    return {
        "line_count": int(lines[0]),
        "max_line_length": int(longest[0]),
        "avg_line_length": round(int(chars[0]) / max(int(lines[0]), 1), 4),
        "alnum_prop": round(int(alnum[0]) / max(int(chars[0]), 1), 4),
    }


def _blob_id(data: bytes) -> str:
    """Return the id that git gives these bytes: what BigQuery and The Stack call a file by."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
