"""Source files: notices at their head, RedPajama's measures, and what makes a file nobody's own writing.

RedPajama drops a file with ``code_max_line_length > 1000``, ``code_mean_line_length > 100``,
``code_alnum_fraction < 0.25`` or ``code_letters_per_token < 1.5``; the licence gate is ``not licence_permissive``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from redpyjama.stage import Signal, Step
from redpyjama.steps import spdx

if TYPE_CHECKING:
    import pyarrow as pa

_RP1 = "RedPajama-Data rp_v1, data_prep/github/github_clean_dedup_local.py and github_run_filter.py"
_STARCODER = "Li et al. 2023 (StarCoder), arXiv 2305.06161; Lozhkov et al. 2024 (The Stack v2), arXiv 2402.19173"
_LINGUIST = "after github-linguist's lib/linguist/generated.rb and vendor.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeParams:
    """What counts as permissive, and whose header rule is used.

    Attributes:
        licences: Patterns on SPDX identifiers that ``licence_permissive`` accepts; ``*`` stands for anything.
        faithful: Cut what RedPajama's code cuts, and not the copyright and licence notices in the comments before the
            code alone: the first block comment of the file if it has "copyright" in it, or,
            without block comments, all leading lines that start with ``//``, ``#`` or ``--`` (includes, shebangs and
            Markdown titles among them).
    """

    licences: tuple[str, ...] = ("MIT", "BSD-*", "Apache-*")
    faithful: bool = False


def run(batch: pa.RecordBatch, params: CodeParams) -> pa.RecordBatch:
    """Mark notices and measure what remains.

    Departs: tokens are estimated from runs of letters, digits and marks (`redpyjama.kernels.code`); where a step before
    counts them with a real tokenizer, ``code_num_letters < 1.5 * <its count>`` is RedPajama's own rule.
    """
    import pyarrow as pa

    from redpyjama.kernels import arrow, code, encoded, unicode
    from redpyjama.kernels.spans import apply_spans

    records = batch.column("locator").field("record")
    spans = _find_spans(batch.column("text"), records, params)
    texts = apply_spans(batch.column("text"), spans)
    offsets, data = arrow.buffers(texts)
    rows = batch.num_rows
    chars, lines, longest, alnum, alpha = (np.empty(rows, np.int32) for _ in range(5))
    tokens = np.empty(rows, np.float64)
    code.measure(data, offsets, unicode.classes(), chars, lines, longest, alnum, alpha, tokens)
    runs = np.empty((rows, 2), np.int32)
    encoded.measure(data, offsets, runs)
    average = chars / np.maximum(lines, 1)
    columns: dict[str, Any] = {
        "code_num_lines": pa.array(lines),
        "code_max_line_length": pa.array(longest),
        "code_mean_line_length": pa.array(average),
        "code_alnum_fraction": pa.array(alnum / np.maximum(chars, 1)),
        "code_num_letters": pa.array(alpha),
        "code_alpha_fraction": pa.array(alpha / np.maximum(chars, 1)),
        "code_letters_per_token": pa.array(alpha / np.maximum(tokens, 1)),
        "code_encoded_fraction": pa.array(runs[:, encoded.ENCODED] / np.maximum(chars, 1)),
        "code_longest_encoded": pa.array(np.ascontiguousarray(runs[:, encoded.LONGEST])),
        "code_xml": pa.array(_matches(_heads(texts, _XML_CHARS), r"<\?xml version=")),
        "code_generated": pa.array(
            _matches(records, _GENERATED_NAME) | _matches(_heads(texts, _HEAD_CHARS), _GENERATED_TEXT)
        ),
        "code_minified": pa.array(
            _matches(records, _MINIFIED_NAME) | _matches(records, r"\.(js|css)$") & (average > 110)
        ),
        "code_vendored": pa.array(_matches(records, _VENDORED)),
        "licence_permissive": _permissive(batch.column("licence"), params),
        "spans": spans,
    }
    return pa.record_batch(columns)


def _find_spans(texts: pa.Array, records: pa.Array, params: CodeParams) -> pa.Array:
    from redpyjama.kernels import arrow, headers
    from redpyjama.steps import spans

    offsets, data = arrow.buffers(texts)
    found = np.empty((headers.MAX_COMMENTS * len(texts), 5), np.int32)
    if params.faithful:
        count = headers.find_headers_faithfully(data, offsets, found)
    else:
        count = headers.find_notices(data, offsets, _comment_styles(records), found)
    return spans.to_arrow(found[:count], len(texts), ("copyright_header",), ("",))


@functools.cache
def _styles_by_name() -> tuple[tuple[str, int], ...]:
    """Which comments files of a name may have; a file may match several."""
    from redpyjama.kernels import headers as h

    c_like = h.SLASHES | h.C_BLOCK
    return (
        (r"\.(c|h|cc|hh|c\+\+|h\+\+|cpp|hpp|cxx|cs|C|H|java|js|jsx|mjs|ts|tsx|go|scala|rs|kt|swift|proto)$", c_like),
        (r"\.(php[345s]?|phpt)$", c_like | h.HASH | h.XML),
        (r"\.(css|scss|less)$", c_like),
        (r"\.(py|pyx|pyi)$", h.HASH | h.DOCSTRING),
        (r"\.(sh|bash|zsh|command|rb|pl|pm|pod|perl|jl|r|R|cmake|dockerfile|ya?ml|toml|smali|mk)$", h.HASH),
        (r"(Dockerfile|Makefile)$", h.HASH),
        (r"\.(ps1|psd1|psm1)$", h.HASH | h.ANGLE),
        (r"\.sql$", h.DASHES | h.C_BLOCK),
        (r"\.hs$", h.DASHES | h.BRACE),
        (r"\.lua$", h.DASHES | h.BRACKETS),
        (r"\.(asm|s|S)$", c_like | h.HASH | h.SEMICOLON),
        (r"\.m$", c_like | h.PERCENT),
        (r"\.tex$", h.PERCENT),
        (r"\.(f|f90|f95|f03|f08|f77|for|fpp)$", h.BANG),
        (r"\.vb$", h.QUOTE),
        (r"\.(bat|cmd)$", h.REM),
        (r"\.(html?|xml|md|markdown|svg|vue)$", h.XML),
    )


def _comment_styles(records: pa.Array) -> np.ndarray[Any, np.dtype[np.int32]]:
    styles = np.zeros(len(records), np.int32)
    for pattern, bits in _styles_by_name():
        styles |= np.where(_matches(records, pattern), np.int32(bits), np.int32(0))
    return styles


_MINIFIED_NAME = r"[.-]min\.(js|css)$"
_GENERATED_NAME = (
    r"(_pb2(_grpc)?\.py|\.pb(\.gw)?\.(go|cc|h|c)|\.designer\.cs|\.g\.(cs|dart)|zz_generated\.[^/]*\.go|"
    r"(^|/)(package-lock\.json|yarn\.lock|Cargo\.lock|poetry\.lock|composer\.lock|Gemfile\.lock|go\.sum))$"
)
_GENERATED_TEXT = (
    r"(?is)(@generated\b|code generated .{0,120}do not edit|"
    r"(auto-?generated|automatically generated|generated (by|from|with|using)\b).{0,200}"
    r"(do not|don't|not be|never) (edit|modif|chang|alter|touch)|"
    r"(do not|don't) (edit|modify|change).{0,120}generated|"
    r"this (file|code|class|module) (was|is|has been) (auto-?|automatically )generated|"
    r"generated by the protocol buffer compiler|autogenerated by thrift)"
)
_VENDORED = (
    r"(?i)(^|/)(node_modules|bower_components|jspm_packages|vendors?|_vendor(ed)?|third[-_]?party|3rd[-_]?party|"
    r"extern(al)?s?|godeps|carthage|pods|(site|dist)-packages|\.?venv|deps)/"
)
_HEAD_CHARS = 2000
_XML_CHARS = 100


def _matches(strings: pa.Array, pattern: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    import pyarrow.compute as pc

    return pc.call_function("match_substring_regex", [strings], pc.MatchSubstringOptions(pattern)).to_numpy(False)


def _heads(texts: pa.Array, chars: int) -> pa.Array:
    import pyarrow.compute as pc

    return pc.call_function("utf8_slice_codeunits", [texts], pc.SliceOptions(0, chars))


def _permissive(licences: pa.Array, params: CodeParams) -> pa.Array:
    """Judge each distinct licence once."""
    import pyarrow as pa

    encoded = licences.dictionary_encode()
    verdicts = [spdx.permits(licence, params.licences) for licence in encoded.dictionary.to_pylist()]
    return pa.array(verdicts, pa.bool_()).take(encoded.indices).fill_null(False)


STEP = Step(
    name="code",
    version=2,
    params=CodeParams,
    run=run,
    signals={
        "code_num_lines": Signal("int32", "Lines, as str.splitlines counts them.", _RP1),
        "code_max_line_length": Signal("int32", "Characters of the longest line; RedPajama drops above 1000.", _RP1),
        "code_mean_line_length": Signal(
            "double", "Characters, line ends included, per line; RedPajama drops above 100.", _RP1
        ),
        "code_alnum_fraction": Signal(
            "double", "Share of characters that are letters or numbers; below 0.25 dropped.", _RP1
        ),
        "code_num_letters": Signal("int32", "Characters that are letters.", _RP1),
        "code_alpha_fraction": Signal(
            "double", "Share of characters that are letters, 0 to 1; StarCoder drops below 0.25.", _STARCODER
        ),
        "code_letters_per_token": Signal(
            "double", "Letters per token, GPT-NeoX tokens estimated; RedPajama drops below 1.5.", _RP1
        ),
        "code_encoded_fraction": Signal(
            "double",
            "Share of characters in long runs of base 64, hexadecimal pairs or \\u escapes; above 0.5 dropped.",
            _STARCODER,
        ),
        "code_longest_encoded": Signal(
            "int32", "Characters of the longest of those runs; The Stack v2 drops above 1,024.", _STARCODER
        ),
        "code_xml": Signal(
            "bool", 'The first 100 characters have "<?xml version=" in them; StarCoder drops such files.', _STARCODER
        ),
        "code_generated": Signal("bool", "Name or first 2,000 characters say that a program wrote it.", _LINGUIST),
        "code_minified": Signal(
            "bool", "Named .min., or JavaScript or CSS of more than 110 characters a line.", _LINGUIST
        ),
        "code_vendored": Signal("bool", "Lies in a folder that is for copies of others' code.", _LINGUIST),
        "licence_permissive": Signal(
            "bool", "The licence lets a reuser choose only licences that match the parameter licences.", _RP1
        ),
    },
    spans={
        "copyright_header": "A copyright or licence notice at the head of the file: a few texts, millions of times.",
    },
)
