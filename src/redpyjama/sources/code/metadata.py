"""What package metadata files state: licences, and where the project lives."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from email.parser import HeaderParser
from typing import Any

import msgspec

NAMES = (
    "PKG-INFO",
    "METADATA",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "package.json",
    "Cargo.toml",
    "composer.json",
)
"""Files that are read for metadata; each of them in any folder of a repository."""

_SPDX_IDS = (
    "0BSD AFL-3.0 AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-2.0 "
    "BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause "
    "BSL-1.0 CC0-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CDDL-1.0 ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 "
    "EUPL-1.2 GPL-1.0 GPL-2.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0 GPL-3.0-only GPL-3.0-or-later HPND ISC "
    "LGPL-2.0 LGPL-2.1 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 LGPL-3.0-only LGPL-3.0-or-later MIT MIT-0 "
    "MIT-CMU MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL NCSA OFL-1.1 OSL-3.0 PostgreSQL PSF-2.0 "
    "Python-2.0 Ruby SISSL Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.1"
).split()
_CANONICAL = {name.lower(): name for name in _SPDX_IDS}
_EXCEPTIONS = re.compile(r"[\w.]+-exception(-[\w.]+)?|llvm-exception", re.IGNORECASE)

_LIC = r"( licen[cs]e)?"
_SAID_AS = (
    (r"(the )?(mit|expat)( licen[cs]e)?( \(mit\))?", "MIT"),
    (rf"(the )?(apache|asl)([ -]?(software )?licen[cs]e)?,?[ -]*(v(ersion)?\.? ?)?2(\.0)?,?{_LIC}", "Apache-2.0"),
    (r"apache software license|apache( license)?", "Apache-2.0"),
    (rf"(the )?(new|modified|revised|3-clause|bsd[ -]3)[ -]*(clause)?[ -]*(bsd)?{_LIC}", "BSD-3-Clause"),
    (rf"bsd[ -]*(3|three)[ -]clause{_LIC}", "BSD-3-Clause"),
    (rf"(the )?(simplified|freebsd|2-clause|bsd[ -]2)[ -]*(clause)?[ -]*(bsd)?{_LIC}", "BSD-2-Clause"),
    (rf"bsd[ -]*(2|two)[ -]clause{_LIC}", "BSD-2-Clause"),
    (rf"(the )?bsd([ -]like|[ -]style)?{_LIC}( \(bsd\))?", "LicenseRef-BSD"),
    (rf"isc{_LIC}( \(iscl\))?", "ISC"),
    (r"mozilla public license 2\.0( \(mpl 2\.0\))?|mpl ?v?2(\.0)?", "MPL-2.0"),
    (r"psf|python software foundation license|psfl", "PSF-2.0"),
    (r"(the )?unlicense( \(unlicense\))?", "Unlicense"),
    (rf"zlib(/libpng)?{_LIC}", "Zlib"),
    (r"zope public license", "ZPL-2.1"),
    (r"public domain", "LicenseRef-Public-Domain"),
    (r"(gnu )?(affero gpl|agpl|gnu affero general public license).*", "AGPL-3.0-or-later"),
    (r"(gnu )?(lgpl|lesser general public license|library or lesser general public license).*", "LGPL-2.1-or-later"),
    (r"(gnu )?(gpl|general public license).*2.*", "GPL-2.0-or-later"),
    (r"(gnu )?(gpl|general public license).*", "GPL-3.0-or-later"),
    (r"proprietary.*|other/proprietary license|unlicensed|all rights reserved|commercial", "LicenseRef-Proprietary"),
)
"""How licences are called in metadata -> SPDX. "BSD" alone does not say which: it is no SPDX licence."""

_SAID_PATTERNS = tuple((re.compile(pattern), licence) for pattern, licence in _SAID_AS)
_CFG_LICENCE = re.compile(r"^\s*license\s*=\s*(.+)$", re.MULTILINE | re.IGNORECASE)
_PY_LICENCE = re.compile(r"\blicense\s*=\s*['\"]([^'\"\n]+)['\"]")
_PY_URL = re.compile(r"\burl\s*=\s*['\"]([^'\"\n]+)['\"]")
_HOSTS = re.compile(r"https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/[\w.-]+/[\w.-]+")


def spdx(value: str) -> str | None:
    """Return the SPDX expression that a statement of a licence amounts to; None where it names none."""
    value = " ".join(value.replace("License :: OSI Approved :: ", "").replace("License :: ", "").split())
    if not value or len(value) > 120:
        return None
    words = re.findall(r"[()]|[^\s()]+", re.sub(r"(?<=\w) ?/ ?(?=\w)", " OR ", value) if " " not in value else value)
    mapped = [_CANONICAL.get(word.lower()) or _connective(word) for word in words]
    if all(mapped):
        return " ".join(m for m in mapped if m).replace("( ", "(").replace(" )", ")")
    return next((licence for pattern, licence in _SAID_PATTERNS if pattern.fullmatch(value.lower())), None)


def _connective(word: str) -> str | None:
    if word.upper() in ("AND", "OR", "WITH"):
        return word.upper()
    return word if word in "()" or _EXCEPTIONS.fullmatch(word) else None


def licences(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what a metadata file states: the statement as it stands there, and its SPDX expression."""
    seen: set[str] = set()
    for key, value in _statements(name, text):
        licence = spdx(value)
        if licence and licence not in seen:
            seen.add(licence)
            yield f'{key} "{value.strip()}"', licence


def _statements(name: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        match name:
            case "PKG-INFO" | "METADATA":
                yield from _from_headers(text)
            case "setup.cfg":
                yield from (("license =", match[1]) for match in _CFG_LICENCE.finditer(text))
            case "setup.py":
                yield from (("license=", match[1]) for match in _PY_LICENCE.finditer(text))
            case "pyproject.toml" | "Cargo.toml":
                yield from _from_toml(tomllib.loads(text))
            case _:
                yield from _from_json(msgspec.json.decode(text))
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, RecursionError, ValueError):
        return  # metadata that cannot be read state nothing


def _from_headers(text: str) -> Iterator[tuple[str, str]]:
    headers = HeaderParser().parsestr(text)
    for key in ("License-Expression", "License"):
        yield from ((f"{key}:", str(value)) for value in headers.get_all(key, []))
    for value in headers.get_all("Classifier", []):
        if str(value).startswith("License ::"):
            yield "Classifier:", str(value)


def _from_toml(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table in (data.get("project"), data.get("package"), _dig(data, "tool", "poetry")):
        if isinstance(table, dict):
            value: Any = table.get("license")
            value = value.get("text") if isinstance(value, dict) else value
            if isinstance(value, str):
                yield "license =", value
            for classifier in _strings(table.get("classifiers")):
                if classifier.startswith("License ::"):
                    yield "classifier", classifier


def _from_json(data: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(data, dict):
        return
    value: Any = data.get("license")
    value = value.get("type") if isinstance(value, dict) else value
    if isinstance(value, list):  # composer.json: a choice
        value = f"({' OR '.join(_strings(value))})" if len(value) > 1 else "".join(_strings(value))
    if isinstance(value, str):
        yield '"license":', value
    listed: Any = data.get("licenses")
    types = [v.get("type") for v in listed if isinstance(v, dict)] if isinstance(listed, list) else []
    if types:
        yield '"licenses":', " OR ".join(_strings(types))


def _strings(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def project_url(name: str, text: str) -> str | None:
    """Return where the project lives: its repository on a well-known host, else its home page, else None."""
    try:
        urls = [url for url in _urls(name, text) if url.startswith(("https://", "http://"))]
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, RecursionError, ValueError):
        return None
    hosted = [match[0].removesuffix(".git") for match in map(_HOSTS.match, urls) if match]
    return max(dict.fromkeys(hosted), key=hosted.count, default=None) or next(iter(urls), None)


def _urls(name: str, text: str) -> Iterator[str]:
    if name in ("PKG-INFO", "METADATA"):
        headers = HeaderParser().parsestr(text)
        yield from (str(value) for value in headers.get_all("Home-page", []))
        yield from (str(value).partition(",")[2].strip() for value in headers.get_all("Project-URL", []))
    elif name == "setup.py":
        yield from (match[1] for match in _PY_URL.finditer(text))
    elif name in ("pyproject.toml", "Cargo.toml"):
        data = tomllib.loads(text)
        for table in (_dig(data, "project", "urls"), _dig(data, "tool", "poetry"), data.get("package")):
            if isinstance(table, dict):
                yield from (value for value in table.values() if isinstance(value, str))
    elif name in ("package.json", "composer.json"):
        data = msgspec.json.decode(text)
        found = (_dig(data, "repository", "url"), _dig(data, "repository"), _dig(data, "homepage"))
        yield from (value.removeprefix("git+") for value in found if isinstance(value, str))
