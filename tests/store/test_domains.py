"""Registrable domains, as the library around the same list finds them."""

from __future__ import annotations

import functools
import gzip
import re
from urllib.parse import urlsplit

import pytest
import tldextract
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.store.domains import registrable_domain


@functools.cache
def library():
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


def reference(host: str) -> str:
    return library().extract_str(host).top_domain_under_public_suffix or host


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("co.uk", "co.uk"),
        ("somebody.github.io", "github.io"),
        ("a.b.c.ck", "b.c.ck"),
        ("www.ck", "www.ck"),
        ("x.www.ck", "www.ck"),
        ("www.xn--85x722f.com.cn", "xn--85x722f.com.cn"),
        ("a.xn--55qx5d.cn", "a.xn--55qx5d.cn"),
        ("printer.local", "printer.local"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_known_hosts(host, expected):
    assert registrable_domain(host) == expected == reference(host)


LABELS = st.sampled_from(
    ["a", "www", "ck", "co", "uk", "com", "jp", "kawasaki", "city", "xn--p1ai", "рф", "bd", "example"]
)


@given(st.lists(LABELS, min_size=1, max_size=5).map(".".join))
def test_made_hosts_are_as_in_the_library(host):
    assert registrable_domain(host) == reference(host)


def test_hosts_of_real_pages_are_as_in_the_library(realdata):
    data = gzip.open(realdata / "commoncrawl" / "pages.warc.wet.gz", "rt", encoding="utf-8", errors="replace").read()
    hosts = {urlsplit(url).hostname for url in re.findall(r"^WARC-Target-URI: (\S+)", data, re.MULTILINE)} - {None}

    assert len(hosts) > 100
    assert {h: registrable_domain(h) for h in hosts} == {h: reference(h) for h in hosts}
