"""The step "code": what is cut from the head of a file, and RedPajama's measures of the rest."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.kernels import code
from redpyjama.steps.code import STEP, CodeParams
from tests.kernels.test_text import encoded
from tests.steps.batches import applied, batch_of, check_declared, measured
from tests.strategies import texts_of, unicode_texts

sources = texts_of(
    "/*", "*/", "//", "#", "--", " ", "\n", "\n", "copyright", "Copyright (c) 2020 A\n", "code\n", "# comment\n",
    '"""', "<!--", "-->", "license", "Licensed under the", "#!/bin/sh\n", "#include <x>\n", "2020",
)  # fmt: skip


def run(text: str, name: str, licence: str | None = None, **params: object) -> tuple[dict, str]:
    rows = STEP.run(batch_of([text], [f"repo-1.0/{name}"], [licence]), CodeParams(**params))
    check_declared(STEP, rows, 1)
    (row,) = rows.to_pylist()
    return row, applied(text, row["spans"])


NOTICE = "Copyright (c) 2020 A. Person"


@pytest.mark.parametrize(
    ("name", "text", "rest"),
    [
        ("a.py", f"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# {NOTICE}\n\nx = 1\n",
         "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nx = 1\n"),
        ("a.py", f'"""What it does.\n\n{NOTICE}\nLicensed under the MIT license.\n"""\nx',
         '"""What it does.\n\n"""\nx'),
        ("a.py", '"""Finds copyright notices."""\nx', '"""Finds copyright notices."""\nx'),
        ("a.c", f"/* {NOTICE} */\n\n#include <x.h>\n#define Y\n", "#include <x.h>\n#define Y\n"),
        ("a.c", "#include <x.h>\n/* Copyright 2020 */\n", "#include <x.h>\n/* Copyright 2020 */\n"),
        ("a.c", f"/*\n * a.c: does it\n *\n * {NOTICE}\n *\n * PROVIDED WITHOUT WARRANTY\n */\nx",
         "/*\n * a.c: does it\n *\n */\nx"),
        ("a.go", f"// {NOTICE}\n// All rights reserved.\n\n// Package a does it.\npackage a\n",
         "// Package a does it.\npackage a\n"),
        ("a.py", f"# {NOTICE}\n# pyright: strict\n# Licensed under the MIT license.\n\nx", "# pyright: strict\nx"),
        ("a.go", f"//go:build linux\n\n// {NOTICE}\n\npackage a\n", "//go:build linux\n\npackage a\n"),
        ("a.sh", f"#!/bin/sh\n# does it\n#\n# {NOTICE}\n#\n# Usage: a\nset -e\n",
         "#!/bin/sh\n# does it\n#\n# Usage: a\nset -e\n"),
        ("a.md", "# Copyright 2020\n\nText.", "# Copyright 2020\n\nText."),
        ("a.md", f"<!-- {NOTICE} -->\n# Title\n", "# Title\n"),
        ("a.html", f"<!DOCTYPE html>\n<!-- {NOTICE} --><html>", "<!DOCTYPE html>\n<html>"),
        ("a.php", f"<?php\n/* {NOTICE} */\necho 1;", "<?php\necho 1;"),
        ("a.sql", f"-- {NOTICE}\nSELECT 1;", "SELECT 1;"),
        ("a.lua", f"--[[ {NOTICE} ]]\nlocal x", "local x"),
        ("a.hs", f"{{- {NOTICE} -}}\nmain", "main"),
        ("a.ps1", f"<# {NOTICE} #>\nls", "ls"),
        ("a.tex", f"% {NOTICE}\n\\x", "\\x"),
        ("a.f90", f"! {NOTICE}\nend", "end"),
        ("a.bat", f"@echo off\nREM {NOTICE}\ndir", "@echo off\ndir"),
        ("a.vb", f"' {NOTICE}\nDim x", "Dim x"),
        ("a.asm", f"; {NOTICE}\nmov", "mov"),
        ("a.js", f"'use strict';\n// SPDX-License-Identifier: MIT\n// {NOTICE}\nf()", "'use strict';\nf()"),
        ("a.js", "/* Copyright 2020, and no end", "/* Copyright 2020, and no end"),
        ("a.cs", f"\ufeff// {NOTICE}\r\n\r\nusing X;", "\ufeffusing X;"),
        ("a.c", f"// first\n\n// second\n\n/* third */\n\n// {NOTICE}\nx", "// first\n\n// second\n\n/* third */\n\nx"),
        ("Makefile", f"# {NOTICE}\nall:\n", "all:\n"),
        ("a.rs", "", ""),
    ],
)  # fmt: skip
def test_notices_go_and_all_else_stays(name: str, text: str, rest: str) -> None:
    assert run(text, name)[1] == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("#include <x.h>\n#define Y\n\nint x;", "int x;"),
        ("# Title\n\nText.", "Text."),
        ("#!/bin/sh\nset -e\n", "set -e\n"),
        ("x;\n/* (c) Copyright */ y;", "x;\n y;"),
        ("#include <x.h>\n/* other */\n/* copyright */", "#include <x.h>\n/* other */\n/* copyright */"),
        ("# copyright\n", ""),
        (" # copyright\n", " # copyright\n"),
    ],
)
def test_faithful_cuts_what_redpajama_cut(text: str, rest: str) -> None:
    assert run(text, "a.c", faithful=True)[1] == rest


def faithful_twin(text: str) -> str:
    """RedPajama's header rule as research describes it."""
    if block := re.search(r"/\*.*?\*/", text, re.DOTALL):
        return text[: block.start()] + text[block.end() :] if "copyright" in block[0].lower() else text
    kept = text.split("\n")
    while kept and (not kept[0] or kept[0].startswith(("//", "#", "--"))):
        del kept[0]
    return "\n".join(kept)


@given(sources)
def test_faithful_agrees_with_its_twin(text: str) -> None:
    (row,) = measured(STEP, [text], faithful=True)

    assert applied(text, row["spans"]) == faithful_twin(text)


@given(sources, st.sampled_from(["a.py", "a.c", "a.html", "a.sql", "a.md", "a"]))
def test_fixed_cuts_only_at_the_head_and_only_notices(text: str, name: str) -> None:
    row, _ = run(text, name)
    for span in row["spans"]:
        cut = text.encode()[span["start"] : span["end"]].decode().lower()

        assert "copyright" in cut or "licensed under" in cut


@pytest.mark.parametrize(
    "text", ["# é" * 100_000, "# Copyright 2020 é\n" * 100_000, "/*" + "Copyright 2020 é\n" * 100_000]
)
def test_only_whole_lines_of_the_head_are_looked_at(text: str) -> None:
    row, _ = run(text, "a.py")

    assert all(span["end"] <= 1 << 16 for span in row["spans"])


@given(st.lists(unicode_texts))
def test_measures_are_those_of_str(texts: list[str]) -> None:
    rows = measured(STEP, texts)
    for text, row in zip(texts, rows, strict=True):
        rest = applied(text, row["spans"])
        lengths = [len(line) for line in rest.splitlines()]

        assert row["code_num_lines"] == len(lengths)
        assert row["code_max_line_length"] == max(lengths, default=0)
        assert row["code_mean_line_length"] == len(rest) / max(len(lengths), 1)
        assert row["code_alnum_fraction"] == sum(c.isalnum() for c in rest) / max(len(rest), 1)
        assert row["code_num_letters"] == sum(c.isalpha() for c in rest)


FEATURES = [
    r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]", r"[A-Za-z]", r"[0-9]+", r"[0-9]", r"[^\sA-Za-z0-9\x80-\U0010ffff]+",
    r"[^\sA-Za-z0-9\x80-\U0010ffff]", r"\n", r"[ \t]{2,}|\t| (?=[^A-Za-z])", r"[\x80-\U0010ffff]",
]  # fmt: skip


@given(texts_of("camelCase", "HTTPServer", "aB", " ", "\t", "  ", "12", "_", "+=", "\n", "é"))
def test_the_token_estimate_counts_what_it_says(text: str) -> None:
    expected = sum(
        weight * len(re.findall(feature, text)) for weight, feature in zip(code._WEIGHTS, FEATURES, strict=True)
    )

    assert code.estimate_tokens(encoded(text), 0, len(text.encode())) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "text", "flag"),
    [
        ("x_pb2.py", "", "code_generated"),
        ("zz_generated.deepcopy.go", "", "code_generated"),
        ("a.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\n", "code_generated"),
        ("a.js", "/** @generated SignedSource<<x>> */", "code_generated"),
        ("a.c", "/* This file was automatically generated by SWIG.\n * Do not make changes */", "code_generated"),
        ("jquery.min.js", "", "code_minified"),
        ("a.js", "f();" * 100, "code_minified"),
        ("node_modules/x/a.js", "", "code_vendored"),
        ("src/third_party/a.c", "", "code_vendored"),
        ("a/_vendor/b.py", "", "code_vendored"),
    ],
)
def test_flags(name: str, text: str, flag: str) -> None:
    row, _ = run(text, name)
    flags = {key for key in FLAGS if row[key]}

    assert flags == {flag}


@pytest.mark.parametrize(
    ("name", "text"), [("src/vendoring.py", "generated = 1"), ("admin.js", "x"), ("generate.py", "# edit as you like")]
)
def test_ordinary_files_have_no_flag(name: str, text: str) -> None:
    row, _ = run(text, name)

    assert not any(row[key] for key in FLAGS)


FLAGS = ("code_generated", "code_minified", "code_vendored")


def test_the_licence_gate_takes_its_patterns_from_the_recipe() -> None:
    assert run("x", "a.py", "MIT OR GPL-2.0-only")[0]["licence_permissive"]
    assert not run("x", "a.py", "MPL-2.0")[0]["licence_permissive"]
    assert not run("x", "a.py", None)[0]["licence_permissive"]
    assert run("x", "a.py", "MPL-2.0", licences=("MPL-*",))[0]["licence_permissive"]


def test_an_empty_batch_gives_an_empty_one() -> None:
    assert measured(STEP, []) == []


def test_what_the_stack_looks_at() -> None:
    data, _ = run('x = "' + "QUJD" * 300 + '"\n', "a.py")
    xml, _ = run('<?xml version="1.0"?>\n<a/>\n', "a.svg")
    numbers, _ = run("1, 2, 3, 4\n", "a.csv")

    assert data["code_longest_encoded"] == 1200
    assert data["code_encoded_fraction"] == pytest.approx(1200 / 1207)
    assert (data["code_xml"], xml["code_xml"]) == (False, True)
    assert numbers["code_alpha_fraction"] == 0
    assert xml["code_encoded_fraction"] == 0
