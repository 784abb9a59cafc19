"""Keys by which captures of one page meet: its address in one spelling, and the digest of what the server sent.

A page that several crawls have visited stands in each of them; RedPajama V1 keeps every capture. Documents with the
same address need not be equal: what was kept is then the policy's choice, the newest capture, say.

Addresses are equal by RFC 3986, section 6.2.2 (small scheme and host; %XX only where needed, in capitals) and 6.2.3 (no
usual or empty port), and by these rules: no fragment but #!, no full stop at the end of the host, no empty parameters,
blanks around the address and its bytes beyond ASCII escaped. The others are options.
Departs from RFC 3986: dot segments stay as they are (crawlers resolve them before they fetch).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.stage import Method

if TYPE_CHECKING:
    from redpyjama.kernels.url_keys import Names

TRACKING: Final = (
    "utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid", "ysclid", "twclid", "ttclid",
    "igshid", "mc_cid", "mc_eid", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id", "_hsenc", "_hsmi", "__hstc",
    "__hssc", "__hsfp", "_openstat", "srsltid",
)  # fmt: skip
"""Parameters that say where a reader came from. Source: the lists that Firefox and Brave strip, and the makers' own
documents (Google Analytics, Google and Microsoft Ads, Meta, Yandex, Mailchimp, HubSpot, Marketo)."""

SESSIONS: Final = ("jsessionid", "phpsessid", "aspsessionid*", "cfid", "cftoken", "osCsid", "zenid")
"""Parameters that name a visit. Source: the defaults of Java servlets (SRV.7.1.3), PHP (session.name), ASP, ColdFusion,
osCommerce and Zen Cart. PHP's short "sid" is left out: elsewhere it is the number of a story."""

MIN_DIGEST_BYTES: Final = 16
"""Shorter ones are no digests; MD5 has 16 bytes, 22 characters at the least."""

Keys = tuple[NDArray[np.int64], NDArray[np.uint64]]
"""n + 1 offsets and the keys: those of document i are [offsets[i], offsets[i + 1])."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlParams:
    """What ``[dedup.url]`` of a recipe may say.

    Attributes:
        any_scheme: http and https are the same.
        any_www: So are a host with "www." before it and without.
        any_slash: So are a path with slashes at its end and without.
        any_order: So are the parameters of a query in any order (of 512 at most).
        drop_parameters: Names of parameters that do not count, in the query or after a semicolon in the path, capitals
            or small; one that ends in * stands for all that begin so.
    """

    any_scheme: bool = True
    any_www: bool = True
    any_slash: bool = True
    any_order: bool = True
    drop_parameters: tuple[str, ...] = (*TRACKING, *SESSIONS)


def url_keys(batch: pa.RecordBatch, params: UrlParams) -> Keys:
    """Return a key for each document that has an address; see the module.

    Args:
        batch: Documents with the column "url".
        params: Of the recipe.
    """
    from redpyjama.kernels import url_keys as spelling  # compiled code: reading a recipe must not load it

    data, offsets = _normalised(batch["url"], params)
    return _keys(spelling.hashes(data, offsets), np.diff(offsets) > 0)


def normalised_urls(urls: pa.StringArray, params: UrlParams) -> pa.StringArray:
    """Return addresses as they are compared; "" for null. Those of http and https begin with // if any_scheme."""
    data, offsets = _normalised(urls, params)
    return pa.StringArray.from_buffers(len(urls), pa.py_buffer(offsets), pa.py_buffer(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestParams:
    """Digests are equal or not: there is nothing to choose."""


def digest_keys(batch: pa.RecordBatch, params: DigestParams) -> Keys:
    """Return a key for each document that knows the digest of its capture.

    That is WARC's payload digest, of the bytes of a page; for WET the block digest, of its text: what the member
    "digest" of "meta" says (`redpyjama.sources.common_crawl`). The algorithm is part of it: captures that were digested
    by different ones are not compared.

    Args:
        batch: Documents with the column "meta".
        params: Nothing.
    """
    from redpyjama.kernels import arrow, json_strings

    del params
    offsets, data = arrow.buffers(batch["meta"])
    found, lengths = json_strings.hashes_of(data, offsets, b"digest")
    return _keys(found, lengths >= MIN_DIGEST_BYTES)


def _normalised(urls: pa.StringArray, params: UrlParams) -> tuple[Any, Any]:
    from redpyjama.kernels import arrow
    from redpyjama.kernels import url_keys as spelling

    flags = {
        spelling.ANY_SCHEME: params.any_scheme,
        spelling.ANY_WWW: params.any_www,
        spelling.ANY_SLASH: params.any_slash,
        spelling.SORTED: params.any_order,
    }
    offsets, data = arrow.buffers(pc.fill_null(urls, ""))
    rules = sum(bit for bit, is_set in flags.items() if is_set)
    return spelling.normalised(data, offsets, rules, _names(params.drop_parameters))


@functools.lru_cache(maxsize=8)
def _names(names: tuple[str, ...]) -> Names:
    from redpyjama.kernels import url_keys as spelling

    return spelling.names_of(names)


def _keys(found: NDArray[np.uint64], has_key: NDArray[np.bool_]) -> Keys:
    offsets = np.concatenate([[0], np.cumsum(has_key)]).astype(np.int64)
    return offsets, found[has_key]


URL = Method(
    name="url",
    version=1,
    params=UrlParams,
    rule="same_address",
    because="another document was captured at the same address",
    keys=url_keys,
    columns=("url",),
)

DIGEST = Method(
    name="digest",
    version=1,
    params=DigestParams,
    rule="same_digest",
    because="another capture has the same digest: the server sent the same bytes",
    keys=digest_keys,
    columns=("meta",),
)
