from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.dedup import addresses
from redpyjama.dedup.addresses import DigestParams, UrlParams
from redpyjama.document import SCHEMA, Document, to_batch
from tests.strategies import unicode_texts

UNRESERVED = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
EXACT = UrlParams(any_scheme=False, any_www=False, any_slash=False, any_order=False, drop_parameters=())


def spell(part: bytes) -> bytes:
    def escape(found: re.Match[bytes]) -> bytes:
        byte = bytes([int(found[1], 16)]) if found[1] else found[0]
        return byte if byte in UNRESERVED and found[1] else b"%%%02X" % byte[0]

    return re.sub(rb"%([0-9a-fA-F]{2})|[\x00-\x20\x7f-\xff]", escape, part)


def twin(url: str, params: UrlParams) -> str:
    """The address in one spelling, in plain Python."""
    text = url.encode().strip(bytes(range(0x21)))
    found = re.fullmatch(rb"(?s)([A-Za-z0-9+.-]+)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", text)
    if not found:
        return text.decode()
    scheme, authority, path, query, fragment = found[1].lower(), found[2], found[3], found[4] or b"", found[5] or b""
    port = {b"http": 80, b"https": 443}.get(scheme, 0)
    made = b"" if port and params.any_scheme else scheme + b":"
    user, at, host = authority.rpartition(b"@")
    numbered = re.fullmatch(rb"(?s)(.+):([0-9]*)", host)
    if numbered and (not numbered[2] or int(numbered[2]) == port):
        host = numbered[1]
    host = host.rstrip(b".").lower()
    if params.any_www and host.startswith(b"www.") and b"." in host[4:]:
        host = host[4:]
    made += b"//" + user + at + host

    def dropped(parameter: bytes) -> bool:
        name = parameter.partition(b"=")[0].lower().decode()
        return any(
            name.startswith(d.lower()[:-1]) if d.endswith("*") else name == d.lower() for d in params.drop_parameters
        )

    pieces = [spell(piece) for piece in re.findall(rb"(?s);[^;/]*|[^;]+", path)]
    path = b"".join(piece for piece in pieces if not (piece.startswith(b";") and dropped(piece[1:])))
    path = path.rstrip(b"/") if params.any_slash else path or b"/"
    parts = [part for part in map(spell, query.split(b"&")) if part and not dropped(part)]
    parts = sorted(parts) if params.any_order else parts
    made += path + (b"?" + b"&".join(parts) if parts else b"")
    return (made + (b"#" + spell(fragment) if fragment.startswith(b"!") else b"")).decode()


def one(url: str, params: UrlParams | None = None) -> str:
    return addresses.normalised_urls(pa.array([url]), params or UrlParams()).to_pylist()[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://WWW.Example.ORG:80/", "//example.org"),
        ("https://example.org:443", "//example.org"),
        ("https://example.org:80/a", "//example.org:80/a"),
        ("http://example.org:8080/a/", "//example.org:8080/a"),
        ("http://example.org:/a", "//example.org/a"),
        ("http://example.org./a", "//example.org/a"),
        ("http://www.com/", "//www.com"),
        ("http://User:Pass@Example.org/", "//User:Pass@example.org"),
        ("http://[2001:DB8::1]:80/", "//[2001:db8::1]"),
        ("ftp://Example.org/A", "ftp://example.org/A"),
        ("http://example.org/A/b?B=2&a=1#part", "//example.org/A/b?B=2&a=1"),
        ("http://example.org/?b=2&&a=1&", "//example.org?a=1&b=2"),
        ("http://example.org/?", "//example.org"),
        ("http://example.org/#!/page", "//example.org#!/page"),
        ("http://example.org/?utm_source=x&id=3&UTM_Medium=y&fbclid=z", "//example.org?id=3"),
        ("http://example.org/?utm=1&gclid2=2", "//example.org?gclid2=2&utm=1"),
        ("http://example.org/a;jsessionid=12AB.node1?x=1", "//example.org/a?x=1"),
        ("http://example.org/a;JSESSIONID=1;v=2/b", "//example.org/a;v=2/b"),
        ("http://example.org/%7euser/%c3%a9/%2f%zz", "//example.org/~user/%C3%A9/%2F%zz"),
        ("http://example.org/é x", "//example.org/%C3%A9%20x"),
        ("  http://example.org/a\n", "//example.org/a"),
        ("example.org/A?b", "example.org/A?b"),
        ("urn:isbn:1", "urn:isbn:1"),
        ("", ""),
    ],
)
def test_one_spelling(url, expected):
    assert one(url) == expected
    assert twin(url, UrlParams()) == expected


def test_every_option_can_be_left_off():
    url = "https://www.example.org/a/?b=1&a=2&utm_source=x"

    assert one(url, EXACT) == url
    assert one("https://example.org", EXACT) == "https://example.org/"


_pieces = st.sampled_from(["http", "HTTPS", "ftp", "://", "//", ":", "/", "?", "#", "#!", "&", "=", ";", "@", "www.", "WWW.", "Example.org",
                           "a", "b=2", "B=1", "utm_source=1", "utm", "UTM_x", "jsessionid=4", ":80", ":443", ":0080", ":99999999999999",
                           "%", "%4", "%41", "%c3%a9", "%2f", "%26", "%75tm_a", "é", "\0", " ", "\U0001f600", "[::1]", ".", "~", "!"])  # fmt: skip
_urls = st.lists(_pieces | unicode_texts, max_size=14).map("".join)
_http = st.tuples(st.sampled_from(["http://", "https://www.", "HTTP://"]), _urls).map("".join)
_params = st.builds(
    UrlParams,
    any_scheme=st.booleans(),
    any_www=st.booleans(),
    any_slash=st.booleans(),
    any_order=st.booleans(),
    drop_parameters=st.sampled_from([(), ("utm_*", "jsessionid"), ("*",), ("B", "")]),
)


@settings(max_examples=500)
@given(urls=st.lists(_http | _urls, max_size=4), params=_params)
@example(urls=["http://a/?" + "&".join(f"{i}" for i in range(600))], params=EXACT)
def test_same_as_in_plain_python(urls, params):
    assert addresses.normalised_urls(pa.array(urls, pa.string()), params).to_pylist() == [twin(u, params) for u in urls]


@settings(max_examples=200)
@given(url=_http, params=_params)
def test_the_spelling_is_final(url, params):
    once = one(url, params)
    again = one("http:" + once if once.startswith("//") else once, params)

    assert again == once


def test_many_parameters_keep_their_order():
    url = "http://a?" + "&".join(f"{i}" for i in range(600, 0, -1))

    assert one(url) == url.removeprefix("http:")


def batch_of(urls, metas):
    documents = [
        Document(text="t", record=str(i), url=u, meta=m) for i, (u, m) in enumerate(zip(urls, metas, strict=True))
    ]
    return to_batch("common_crawl", "d", documents)


def test_a_document_without_address_has_no_key():
    urls = ["http://a.org/", None, "", "https://www.a.org", "http://b.org/"]
    batch = batch_of(urls, [{}] * 5)

    offsets, keys = addresses.url_keys(batch, UrlParams())

    assert batch.schema.equals(SCHEMA)
    assert offsets.tolist() == [0, 1, 1, 1, 2, 3]
    assert keys[0] == keys[1] != keys[2]
    part_offsets, part = addresses.url_keys(batch.slice(2), UrlParams())
    assert part_offsets.tolist() == [0, 0, 1, 2]
    assert part.tolist() == keys[1:].tolist()


def test_captures_with_one_digest_have_one_key():
    digest = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    metas = [
        {"source": 'a "digest": "sha1:no no no no no no no"', "digest": digest},
        {"deeper": {"digest": digest}},
        {"digest": None},
        {"digest": ["x" * 20]},
        {"digest": digest.lower(), "x": 1},
        {"digest": "short"},
        {},
        {"digests": digest, "": "digest", "digest": "sha1:AAAAAAAAAAAAAAAA"},
    ]

    offsets, keys = addresses.digest_keys(batch_of([None] * 8, metas), DigestParams())

    assert offsets.tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 3]
    assert keys[0] == keys[1] != keys[2]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | unicode_texts | st.sampled_from(["digest", '"digest":', "\\", "x" * 20]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["digest", "a", '"', ""]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=200)
@given(values=st.lists(st.dictionaries(st.sampled_from(["digest", "a", "digest\\", '"digest"']), _json, max_size=4), max_size=4),
       spaced=st.booleans())  # fmt: skip
def test_the_digest_is_found_where_a_json_parser_finds_it(values, spaced):
    separators = (" , ", "\t: ") if spaced else (",", ":")
    metas = [json.dumps(v, ensure_ascii=False, separators=separators) for v in values]
    batch = pa.record_batch({"meta": pa.array(metas, pa.string())})

    offsets, _ = addresses.digest_keys(batch, DigestParams())

    def has(value):
        found = value.get("digest")
        return isinstance(found, str) and len(json.dumps(found, ensure_ascii=False).encode()) - 2 >= 16

    assert (offsets[1:] - offsets[:-1]).tolist() == [int(has(v)) for v in values]
