"""How kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Int = Any
"""A whole number or truth value: in a kernel those of Python and of numpy are one thing."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(signature: Any, *, allocates: bool = False) -> Callable[[_Function], _Function]:
    """Compile for one signature, at import or from the cache, to code that runs without the interpreter's lock.

    Args:
        signature: Of numba's types.
        allocates: Whether the kernel makes arrays. Only then are references counted: the callers of all others hold
            the arrays that they hand in. Numba counts them at each call between kernels, which made small functions
            over arrays three to five times slower. A kernel that wants them and does not say so fails to compile.
    """
    compile_it: Any = numba.njit
    return compile_it(signature, cache=True, nogil=True, no_cfunc_wrapper=True, _nrt=allocates)
