"""Which licence a source file is under, and what that rests on.

A notice in the file itself wins over the nearest licence file, going up from its folder, and that over what the
package's metadata states. What disagrees is named in the evidence.
"""

from __future__ import annotations

import functools
import posixpath
import re
from dataclasses import dataclass, field

from redpyjama.sources.code import metadata

MAX_LICENCE_CHARS = 200_000
"""Beyond this a "licence file" is a collection of other things; the longest licence in use has 60,000 characters."""

_LICENCE_NAME = re.compile(r"(un)?licen[cs]es?|copying|copyright", re.IGNORECASE)
_LICENCE_FOLDER = re.compile(r"licen[cs]es", re.IGNORECASE)
_TEXT_NAME = re.compile(
    r"[^.]*|.*\.(txt|md|markdown|rst|html?|tex|mit|bsd|apache\d?|l?gpl\d?|lesser|psf|\d)", re.IGNORECASE
)
_PROSE_NAME = re.compile(r"\.(md|markdown|rst|html?|tex|xml)$", re.IGNORECASE)
_COPYRIGHT_LINE = re.compile(r"^[^\w©(]*((?:copyright|\(c\)|©)(?=.*\d{4}).{4,160})$", re.IGNORECASE | re.MULTILINE)

_SPDX_TAG = re.compile(r"^\W{0,12}SPDX-License-Identifier:\s*([\w.+() -]+)", re.MULTILINE)
_HEAD_CHARS = 8_000
_LEADING_COMMENTS = re.compile(
    r"""(?:\s+|(?:\#|//|--(?!\[\[)|;|%|!|'(?!'')|rem\b|<\?|<!doctype|@echo)[^\n]*|/\*.*?\*/|<!--.*?-->|\"{3}.*?\"{3}
        |'''.*?'''|\{-.*?-\}|<\#.*?\#>|--\[\[.*?\]\])+""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"[\s#*/;%!'\"<>{}|-]+")

_NOTICES = (
    ("AGPL-{}", r"gnu affero general public license"),
    ("LGPL-{}", r"gnu (?:lesser|library) general public license"),
    ("GPL-{}", r"gnu general public license|gnu gpl\b|under the gpl\b"),
    ("MPL-2.0", r"mozilla public license,? v(?:ersion |\. ?)2\.0"),
    ("MPL-1.1", r"mozilla public license"),
    ("EPL-2.0", r"eclipse public license v(?:ersion |\. ?)?2\.0"),
    ("EPL-1.0", r"eclipse public license"),
    ("LicenseRef-Proprietary", r"proprietary and confidential|confidential and proprietary|proprietary source code"),
    ("Apache-2.0", r"licensed under the apache license,? version 2\.0|apache license,? version 2\.0 \(the"),
    ("MIT", r"permission is hereby granted, free of charge, to any person .{0,200} without restriction"),
    ("MIT", r"(?:licensed|released|distributed|available) under (?:the )?(?:terms of )?(?:the )?mit\b"),
    ("BSD-4-Clause", r"redistribution and use in source and binary .*all advertising materials mentioning"),
    (
        "BSD-3-Clause",
        r"redistribution and use in source and binary .*(?:neither the names? of|contributors may be used)",
    ),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
)
"""Notices in the order in which they are looked for: what restricts a reuser more comes first."""

_NOTICE_PATTERNS = tuple((licence, re.compile(pattern)) for licence, pattern in _NOTICES)
_GNU_VERSION = re.compile(r"version (2\.1|[23])(?:\.0)?\b|\b(?:gpl|license),? ?v\.? ?(2\.1|[23])\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file's licence.

    Attributes:
        licence: SPDX expression, None where nothing was found.
        evidence: What it rests on, and what disagrees.
        attribution: The copyright lines that a reuser must pass on.
    """

    licence: str | None
    evidence: str
    attribution: str | None = None


@dataclass(slots=True)
class Licences:
    """What the licence and metadata files of one repository say; filled before its first document is read."""

    _files: dict[str, list[tuple[str, str | None, str | None]]] = field(default_factory=dict)
    _stated: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _decided: dict[str, Finding] = field(default_factory=dict)

    def add_licence(self, path: str, text: str) -> None:
        """Note a licence file, for its folder; for the parent if the folder is one of licence files."""
        folder, name = posixpath.split(path)
        if _LICENCE_FOLDER.fullmatch(posixpath.basename(folder)):
            folder, name = posixpath.dirname(folder), f"{posixpath.basename(folder)}/{name}"
        licence = identify(text)
        if licence or not _PROSE_NAME.search(name):  # docs/license.md tells of the licence: it is no other one
            self._files.setdefault(folder, []).append((name, licence, copyright_lines(text)))

    def add_metadata(self, path: str, text: str) -> None:
        """Note what a package's metadata file states, for its folder."""
        folder, name = posixpath.split(path)
        for statement, licence in metadata.licences(name, text):
            self._stated.setdefault(folder, []).append((f"{name}: {statement}", licence))

    def of(self, path: str, text: str) -> Finding:
        """Return the licence of the file at *path* with this text."""
        own = header_licence(path, text)
        inherited = self._inherited(posixpath.dirname(path))
        if own is None:
            return inherited
        if own.licence == inherited.licence or inherited.licence is None:
            evidence = own.evidence
        else:
            evidence = f"{own.evidence}; but {inherited.evidence}"
        attribution = own.attribution or inherited.attribution
        return Finding(licence=own.licence, evidence=evidence, attribution=attribution)

    def _inherited(self, folder: str) -> Finding:
        """Return what holds in a folder: the nearest folder upwards that says anything decides."""
        asked: list[str] = []
        found = self._decided.get(folder)
        while found is None:
            asked.append(folder)
            found = self._said_in(folder)
            if found is None and not folder:
                found = Finding(licence=None, evidence="no licence file, notice or metadata")
            elif found is None:
                folder = posixpath.dirname(folder)
                found = self._decided.get(folder)
        self._decided.update(dict.fromkeys(asked, found))
        return found

    def _said_in(self, folder: str) -> Finding | None:
        files, stated = self._files.get(folder, []), self._stated.get(folder, [])
        if not files and not stated:
            return None
        known = sorted({licence for _, licence, _ in files if licence})
        by_files = " AND ".join(f"({licence})" if " OR " in licence else licence for licence in known)
        names = [posixpath.join(folder, name) for name, _, _ in sorted(files)]
        attribution = "; ".join(dict.fromkeys(lines for _, _, lines in sorted(files) if lines)) or None
        if not by_files:
            unknown = [f"{name}: text not recognised" for name in names]
            if not stated:
                return Finding(licence=None, evidence="; ".join(unknown), attribution=attribution)
            evidence = "; ".join([_in(folder, stated[0][0]), *unknown])
            return Finding(licence=stated[0][1], evidence=evidence, attribution=attribution)
        evidence = f"{', '.join(names)}: text of {' and '.join(known)}"
        for statement, licence in stated:
            if set(re.sub(r"[()]", " ", licence).split()) - {"AND", "OR", "WITH"} == set(
                known
            ):  # the same licences: metadata know whether to choose
                return Finding(
                    licence=licence,
                    evidence=evidence if licence == by_files else f"{evidence}; {_in(folder, statement)}",
                    attribution=attribution,
                )
        differing = [_in(folder, statement) for statement, licence in stated if licence != by_files]
        evidence = "; but ".join([evidence, *differing[:1]])
        return Finding(licence=by_files, evidence=evidence, attribution=attribution)


def _in(folder: str, statement: str) -> str:
    return posixpath.join(folder, statement)


def is_licence_file(path: str) -> bool:
    """Say whether a file is named as licence texts are: LICENSE, COPYING.LESSER, LICENSES/MIT.txt; no program is."""
    folder, name = posixpath.split(path)
    if not _TEXT_NAME.fullmatch(name):
        return False
    if _LICENCE_FOLDER.fullmatch(posixpath.basename(folder)):
        return True
    return bool((match := _LICENCE_NAME.match(name)) and (match.end() == len(name) or name[match.end()] in "-_. "))


@functools.lru_cache(maxsize=256)
def identify(text: str) -> str | None:
    """Return the licences whose texts make up a licence file, joined by AND; None if it is something else."""
    from licenseclassifier import identify_license  # 130 ms and its texts: only where there is a licence file

    found = sorted({match.id for match in identify_license(text[:MAX_LICENCE_CHARS])})
    return " AND ".join(found) or None


def copyright_lines(text: str) -> str | None:
    """Return the first lines that claim copyright with a year, three at most, but for the GPL's own."""
    found = [" ".join(match[1].split()) for match in _COPYRIGHT_LINE.finditer(text[:_HEAD_CHARS])]
    lines = [line.rstrip(" *#/") for line in found if "Free Software Foundation" not in line]
    return "; ".join(dict.fromkeys(lines[:3])) or None


def header_licence(path: str, text: str) -> Finding | None:
    """Return what the comments at the head of a file say of its licence; None where they say nothing.

    In prose (Markdown, reStructuredText, HTML, TeX) only an SPDX tag counts: prose speaks of other works' licences.
    """
    head = text[:_HEAD_CHARS]
    comments = match[0] if (match := _LEADING_COMMENTS.match(head)) else ""
    found = (" ".join(tag[1].split()).strip(" -") for tag in _SPDX_TAG.finditer(comments))
    tags = list(dict.fromkeys(metadata.spdx(tag) or tag for tag in found))
    if tags:
        licence = " AND ".join(f"({tag})" if " OR " in tag and len(tags) > 1 else tag for tag in tags)
        evidence = f"{path}: SPDX-License-Identifier {licence}"
        return Finding(licence=licence, evidence=evidence, attribution=copyright_lines(comments))
    if _PROSE_NAME.search(path):
        return None
    words = _NOT_WORDS.sub(" ", comments).lower()
    for licence, pattern in _NOTICE_PATTERNS:
        if pattern.search(words):
            named = licence.format(_gnu_version(words)) if "{}" in licence else licence
            return Finding(licence=named, evidence=f"{path}: notice of {named}", attribution=copyright_lines(comments))
    return None


def _gnu_version(words: str) -> str:
    match = _GNU_VERSION.search(words)
    version = (match[1] or match[2]) if match else "1"  # none stated: any that was ever published
    version = version if "." in version else f"{version}.0"
    later = "later version" in words or not match
    return f"{version}-{'or-later' if later else 'only'}"
