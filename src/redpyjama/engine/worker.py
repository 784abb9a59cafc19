"""A worker process of the local engine: ``python -m redpyjama.engine.worker``, tasks on stdin, answers on stdout."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from redpyjama.engine.local import serve

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until the parent closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, and it ends its workers
    if sys.platform == "linux":
        # A parent that is killed cannot clean up: the kernel does it, so that no orphan writes into a newer build.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            return
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    serve(sys.stdin.buffer, outbox)


if __name__ == "__main__":
    main()
