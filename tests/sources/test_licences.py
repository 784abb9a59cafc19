"""Which licence a file is under: its own notice, then the nearest folder that says anything."""

from __future__ import annotations

import time

import pytest
from hypothesis import given

from redpyjama.sources.code import licences, metadata
from redpyjama.sources.code.licences import Licences, copyright_lines, header_licence, is_licence_file
from tests.strategies import texts_of

MIT = """MIT License

Copyright (c) 2020 Ada Example

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
ISC = """Copyright (c) 2021, Bo Example

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
"""


def repository(**files: str) -> Licences:
    """Paths have __ for / and ___ for a dot."""
    found = Licences()
    for key, text in files.items():
        path = key.replace("___", ".").replace("__", "/")
        if is_licence_file(path):
            found.add_licence(path, text)
        else:
            found.add_metadata(path, text)
    return found


def test_the_nearest_licence_file_decides() -> None:
    known = repository(LICENSE=MIT, vendor__isc__COPYING=ISC)

    assert known.of("src/a.py", "").licence == "MIT"
    assert known.of("src/a.py", "").evidence == "LICENSE: text of MIT"
    assert known.of("src/a.py", "").attribution == "Copyright (c) 2020 Ada Example"
    assert known.of("vendor/isc/deep/down/a.c", "").licence == "ISC"
    assert known.of("vendor/isc/deep/down/a.c", "").attribution == "Copyright (c) 2021, Bo Example"


def test_a_notice_in_the_file_wins_and_the_conflict_is_named() -> None:
    finding = repository(LICENSE=MIT).of("a.py", "# SPDX-License-Identifier: GPL-3.0-only\n# Copyright 2022 Cy\n")

    assert finding.licence == "GPL-3.0-only"
    assert finding.evidence == "a.py: SPDX-License-Identifier GPL-3.0-only; but LICENSE: text of MIT"
    assert finding.attribution == "Copyright 2022 Cy"


def test_metadata_count_where_no_licence_file_is() -> None:
    finding = repository(pyproject___toml='[project]\nlicense = "Apache-2.0"\n').of("a/b.py", "")

    assert (finding.licence, finding.evidence) == ("Apache-2.0", 'pyproject.toml: license = "Apache-2.0"')


def test_metadata_that_disagree_with_the_licence_file_are_named() -> None:
    finding = repository(LICENSE=MIT, setup___cfg="[metadata]\nlicense = BSD-3-Clause\n").of("a.py", "")

    assert finding.licence == "MIT"
    assert finding.evidence == 'LICENSE: text of MIT; but setup.cfg: license = "BSD-3-Clause"'


def test_two_licence_files_both_hold_unless_metadata_give_the_choice() -> None:
    files = {"LICENSE-MIT": MIT, "LICENSE-ISC": ISC}
    both, choice = Licences(), Licences()
    for name, text in files.items():
        both.add_licence(name, text)
        choice.add_licence(name, text)
    choice.add_metadata("Cargo.toml", '[package]\nlicense = "ISC OR MIT"\n')

    assert both.of("a.rs", "").licence == "ISC AND MIT"
    assert choice.of("a.rs", "").licence == "ISC OR MIT"
    assert "Cargo.toml" in choice.of("a.rs", "").evidence


def test_an_unknown_licence_text_below_hides_the_one_above() -> None:
    known = repository(LICENSE=MIT, vendor__LICENSE="You may look, but not touch.")

    assert known.of("vendor/a.c", "").licence is None
    assert known.of("vendor/a.c", "").evidence == "vendor/LICENSE: text not recognised"


def test_a_page_about_the_licence_hides_nothing() -> None:
    known = repository(LICENSE=MIT, docs__license___md="# License\n\nWe use MIT because we like it.")

    assert known.of("docs/index.md", "").licence == "MIT"


def test_licence_folders_speak_for_their_parent() -> None:
    assert repository(LICENSES__MIT___txt=MIT).of("src/a.c", "").licence == "MIT"


def test_nothing_is_found_where_nothing_is_said() -> None:
    finding = Licences().of("a/" * 5000 + "a.py", "x = 1")

    assert (finding.licence, finding.evidence) == (None, "no licence file, notice or metadata")


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("LICENSE", True),
        ("pkg-1.0/License.md", True),
        ("LICENCE.txt", True),
        ("COPYING.LESSER", True),
        ("UNLICENSE", True),
        ("LICENSE-2.0.txt", True),
        ("LICENSE-APACHE", True),
        ("LICENSE.BSD", True),
        ("licenses/zlib.txt", True),
        ("COPYRIGHT", True),
        ("license.py", False),
        ("licenses.go", False),
        ("LicenseChecker.java", False),
        ("licenses/check.py", False),
        ("copyingmachine.txt", False),
        ("src/main.c", False),
    ],
)
def test_licence_files_are_known_by_name(path: str, verdict: bool) -> None:
    assert is_licence_file(path) is verdict


@pytest.mark.parametrize(
    ("head", "licence"),
    [
        ("// SPDX-License-Identifier: Apache-2.0 OR MIT\n", "Apache-2.0 OR MIT"),
        ("/* SPDX-License-Identifier: mit */", "MIT"),
        ("<!-- SPDX-License-Identifier: CC0-1.0 -->", "CC0-1.0"),
        ("#!/bin/sh\n# Licensed under the Apache License, Version 2.0 (the\n# \"License\")", "Apache-2.0"),
        ("# This is free software under the terms of the GNU General Public\n# License as published by the FSF; either"
         "\n# version 2 of the License, or (at your option) any later version.", "GPL-2.0-or-later"),
        ("/* GNU Lesser General Public License\n * version 2.1 */", "LGPL-2.1-only"),
        ("// GNU Affero General Public License v3", "AGPL-3.0-only"),
        ("% under the GNU GPL", "GPL-1.0-or-later"),
        ('"""Doc.\n\nThis Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0."""', "MPL-2.0"),
        (f"/*\n{MIT}*/", "MIT"),
        ("// released under the MIT license", "MIT"),
        ("# Redistribution and use in source and binary forms, with\n# ...\n# Neither the name of X", "BSD-3-Clause"),
        ("# Redistribution and use in source and binary forms, with", "BSD-2-Clause"),
        ("// PROPRIETARY AND CONFIDENTIAL", "LicenseRef-Proprietary"),
        ("// Use of this source code is governed by a BSD-style license in the LICENSE file.", None),
        ("x = 1\n# SPDX-License-Identifier: MIT", None),
        ("print('released under the MIT license')", None),
        ("", None),
    ],
)  # fmt: skip
def test_notices_in_leading_comments(head: str, licence: str | None) -> None:
    finding = header_licence("a.c", head)

    assert (finding.licence if finding else None) == licence


def test_prose_speaks_of_other_works() -> None:
    assert header_licence("README.md", "<!-- released under the MIT license -->") is None
    assert header_licence("README.md", "<!-- SPDX-License-Identifier: MIT -->") is not None


def test_copyright_lines_are_claims_with_a_year() -> None:
    text = "# Copyright (c) 2001-2004  A\n// (C) 2005 B */\nthe above copyright notice 2006\nCopyright 2007 Free Software Foundation"

    assert copyright_lines(text) == "Copyright (c) 2001-2004 A; (C) 2005 B"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("MIT", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("License :: OSI Approved :: MIT License", "MIT"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("(mit or gpl-3.0-only)", "(MIT OR GPL-3.0-only)"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("BSD", "LicenseRef-BSD"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("UNLICENSED", "LicenseRef-Proprietary"),
        ("see LICENSE", None),
        ("", None),
        ("x" * 500, None),
    ],
)
def test_names_of_licences_become_spdx(value: str, expected: str | None) -> None:
    assert metadata.spdx(value) == expected


@pytest.mark.parametrize(
    ("name", "text", "licence", "url"),
    [
        ("PKG-INFO", "Metadata-Version: 2.4\nLicense-Expression: MIT\nProject-URL: Source, https://github.com/a/b\n"
         "Home-page: https://a.example\n\nREADME https://github.com/other/thing", "MIT", "https://github.com/a/b"),
        ("PKG-INFO", "Name: x\nClassifier: License :: OSI Approved :: Apache Software License\n", "Apache-2.0", None),
        ("pyproject.toml", '[project]\nlicense = {text = "BSD-3-Clause"}\n[project.urls]\nHome = "https://x.example"\n',
         "BSD-3-Clause", "https://x.example"),
        ("pyproject.toml", '[tool.poetry]\nlicense = "MIT"\nrepository = "https://gitlab.com/a/b.git"\n', "MIT",
         "https://gitlab.com/a/b"),
        ("Cargo.toml", '[package]\nlicense = "MIT OR Apache-2.0"\n', "MIT OR Apache-2.0", None),
        ("package.json", '{"license": "ISC", "repository": {"url": "git+https://github.com/a/b.git"}}', "ISC",
         "https://github.com/a/b"),
        ("package.json", '{"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}', "MIT OR Apache-2.0", None),
        ("composer.json", '{"license": ["MIT", "GPL-2.0-only"]}', "(MIT OR GPL-2.0-only)", None),
        ("setup.py", "setup(name='x', license='MIT License', url='https://bitbucket.org/a/b')", "MIT",
         "https://bitbucket.org/a/b"),
        ("setup.cfg", "[metadata]\nLicense = BSD 2-Clause\n", "BSD-2-Clause", None),
        ("package.json", "{broken", None, None),
        ("pyproject.toml", "[broken", None, None),
        ("package.json", "[" * 100_000, None, None),
    ],
)  # fmt: skip
def test_metadata_files_state_licence_and_address(name: str, text: str, licence: str | None, url: str | None) -> None:
    assert next((found for _, found in metadata.licences(name, text)), None) == licence
    assert metadata.project_url(name, text) == url


pieces = texts_of(
    "#", "/*", "*/", '"""', "\n", " ", "copyright", "2020", "license", "GNU General Public License", ":", "{"
)


@given(pieces)
def test_no_text_raises(text: str) -> None:
    header_licence("a.c", text)
    copyright_lines(text)
    for name in metadata.NAMES:
        list(metadata.licences(name, text))
        metadata.project_url(name, text)


@pytest.mark.parametrize(
    "piece", ["/*", "# ", '"""', "redistribution and use in source and binary ", "(c) ", "\n", "<!--"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * 50_000
    begin = time.process_time()
    header_licence("a.c", text)
    copyright_lines(text)
    licences.identify(text)

    assert time.process_time() - begin < 2
