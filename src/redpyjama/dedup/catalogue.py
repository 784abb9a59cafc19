"""All methods of document-level de-duplication by name: what ``[dedup] methods`` may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from redpyjama.dedup import addresses, exact, minhash, simhash
from redpyjama.stage import Method

METHODS: Final[Mapping[str, Method]] = {
    method.name: method for method in (exact.METHOD, addresses.URL, addresses.DIGEST, minhash.METHOD, simhash.METHOD)
}
"""In the order in which a recipe should name them, the plainest reason first: a pair goes by the first one."""
