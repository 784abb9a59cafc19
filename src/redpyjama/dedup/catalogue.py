"""What finds copies, by name: methods of ``[dedup]`` judge whole documents, steps cut what of them stands elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from redpyjama.dedup import addresses, exact, lines, minhash, simhash, substrings
from redpyjama.stage import Method, SharedStep

METHODS: Final[Mapping[str, Method]] = {
    method.name: method for method in (exact.METHOD, addresses.URL, addresses.DIGEST, minhash.METHOD, simhash.METHOD)
}
"""In the order in which a recipe should name them, the plainest reason first: a pair goes by the first one."""

STEPS: Final[Mapping[str, SharedStep]] = {step.name: step for step in (lines.STEP, substrings.STEP)}
