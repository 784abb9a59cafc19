"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(
    signature: Any, *, allocates: bool = False, inline: Literal["always", "never"] = "never"
) -> Callable[[_Function], _Function]:
    """Compile for one signature, at import or from the cache, to code that runs without the interpreter's lock.

    Args:
        signature: Of numba's types.
        allocates: Whether the kernel makes arrays. Only then are references counted: the callers of all others hold the
            arrays that they hand in. Numba counts them at each call between kernels, which made small functions over
            arrays three to five times slower.
        inline: "always" copies the function into its callers before types are known.
    """
    return njit(signature, cache=True, nogil=True, inline=inline, _nrt=allocates)
