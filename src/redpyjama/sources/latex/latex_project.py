r"""The files of a LaTeX project: which one is the paper, and what the others are to it.

An e-print holds drafts, cover letters, answers to referees and second copies beside the paper. TeX reads one file and
what that one inputs; so do we.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

_ROOT = re.compile(r"\\document(?:class|style)\b")
_PART_CLASS = re.compile(r"\\document(?:class|style)\s*(?:\[[^\]]{0,300}\])?\s*\{\s*(?:subfiles|standalone)\s*\}")
_BEGIN = re.compile(r"\\begin\s*\{document\}")
_END = re.compile(r"\\end\s*\{document\}")
_INPUT = re.compile(
    r"\\(?:input|include|subfile|InputIfFileExists)\s*\{([^{}]*)\}|\\input\s+([^\s{}\\]+)"
    r"|\\(?:sub)?import\s*\{([^{}]*)\}\s*\{([^{}]*)\}"
)
_USUAL_NAME = re.compile(r"(?:ms|main|paper|article|manuscript|arxiv|root|master)(?=$|[^a-z])", re.IGNORECASE)
_OTHER_NAME = re.compile(
    r"response|rebut|cover|letter|reply|referee|review|supp|(?:^|[^a-z])si(?:$|[^a-z])|diff|old|draft|bak|copy|template|sample"
    r"|notes?(?:$|[^a-z])|poster|slides|talk|response|highlights|version_|backup|previous",
    re.IGNORECASE,
)
"""Names of what lies beside papers. Source: the e-prints that this was made on; a paper whose only file is called so
is still taken."""
_TEX_SUFFIXES = ("", ".tex", ".ltx", ".latex")


def is_root(text: str) -> bool:
    """Say whether a file without comments is a document of its own, and not a part of one."""
    return bool(_ROOT.search(text)) and not _PART_CLASS.search(text)


def document_body(text: str) -> str:
    r"""Return what stands between ``\begin{document}`` and ``\end{document}``, or all of a file that has neither."""
    begin = _BEGIN.search(text)
    if begin is None:
        return text
    ends = [end.start() for end in _END.finditer(text, begin.end())]
    return text[begin.end() : ends[-1] if ends else len(text)]


def resolve(files: Mapping[str, str], target: str, main: str, open_files: Iterable[str]) -> str | None:
    """Return which file an input names: seen from the main file's folder, from the inputting file's, or from the top.

    Names that lead out of the project name nothing.
    """
    target = target.strip().strip('"').replace("\\space", " ")
    folders = [posixpath.dirname(main), *(posixpath.dirname(name) for name in open_files), ""]
    for folder in dict.fromkeys(folders):
        path = posixpath.normpath(posixpath.join(folder, target)) if target else "."
        for candidate in (path + ".tex", path):
            if candidate in files:
                return candidate
    return None


def found_below(files: Mapping[str, str], target: str, main: str) -> str | None:
    """Return the one file of this name that lies nearest below the main file: search paths do not travel along."""
    name, folder = posixpath.basename(target), posixpath.dirname(main)
    if not name:
        return None
    top = folder + "/" if folder else ""
    found = [f for f in files if f.startswith(top) and posixpath.basename(f) in (name, name + ".tex")]
    nearest = min((f.count("/") for f in found), default=0)
    found = [f for f in found if f.count("/") == nearest]
    return found[0] if len(found) == 1 else None


def roots(files: Mapping[str, str], *, toplevel: Iterable[str] = (), ignored: Iterable[str] = ()) -> list[str]:
    """Return the documents of a project, the paper first; empty if no file is TeX.

    Args:
        files: Name -> text without comments.
        toplevel: What the author named as the paper (see `named_by_author`).
        ignored: What the author named as no part of it.

    Order: what the author named; files that no other one inputs; names that papers have, and that other things do
    not have; folders near the top; more text; the name.
    """
    tex = {name: text for name, text in files.items() if _is_tex(name) and name not in set(ignored)}
    inputs = {name: _inputs(files, name) for name in tex}
    inputted = {target for name, targets in inputs.items() for target in targets if target != name}
    candidates = [name for name in tex if is_root(tex[name])]
    candidates = [name for name in candidates if name not in inputted] or candidates
    if not candidates:  # plain TeX, or parts without their main file
        candidates = [name for name in tex if name not in inputted and "\\" in tex[name]]
        candidates = sorted(candidates, key=lambda name: (-len(tex[name]), name))[:1]
    named = [name for name in dict.fromkeys(toplevel) if name in tex]

    def order(name: str) -> tuple[bool, bool, bool, bool, int, int, str]:
        stem = posixpath.splitext(posixpath.basename(name))[0]
        size = sum(len(files[n]) for n in {name, *inputs[name]})
        has_body = bool(_BEGIN.search(tex[name])) or bool(inputs[name])
        folder = posixpath.dirname(name)
        return (
            name not in named,
            not has_body,
            bool(_OTHER_NAME.search(stem) or _OTHER_NAME.search(folder)),
            not _USUAL_NAME.match(stem),
            name.count("/"),
            -size,
            name,
        )

    return sorted({*candidates, *named}, key=order)


def _is_tex(name: str) -> bool:
    return posixpath.splitext(name)[1].lower() in _TEX_SUFFIXES and not posixpath.basename(name).startswith("00README")


def _inputs(files: Mapping[str, str], name: str) -> list[str]:
    found: list[str] = []
    for match in _INPUT.finditer(files[name]):
        target = match[1] or match[2] or (match[3] or "") + (match[4] or "")
        path = resolve(files, target, name, [name])
        if path is not None:
            found.append(path)
    return found


def named_by_author(readmes: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Read arXiv's own control files.

    Args:
        readmes: Name -> text of the files called 00README.XXX, 00README.json and the like.

    Returns:
        The files that are the paper, and those to be ignored.

    Source: info.arxiv.org/help/00README.html: "toplevelfile" and "ignore" after a file's name; in the JSON form the key
    "usage" of each of the "sources".
    """
    toplevel: list[str] = []
    ignored: list[str] = []
    for text in readmes.values():
        for name, usage in _usages(text):
            if usage in ("toplevelfile", "toplevel"):
                toplevel.append(name)
            elif usage == "ignore":
                ignored.append(name)
    return toplevel, ignored


def _usages(text: str) -> list[tuple[str, str]]:
    try:
        record: Any = json.loads(text)
    except (ValueError, RecursionError):
        words = [line.split() for line in text.splitlines()]
        return [(line[0], line[1].lower()) for line in words if len(line) >= 2]
    sources: Any = record.get("sources", []) if isinstance(record, dict) else []
    if not isinstance(sources, list):
        return []
    entries: list[Any] = [entry for entry in sources if isinstance(entry, dict)]
    return [(str(entry.get("filename", "")), str(entry.get("usage", "")).lower()) for entry in entries]
