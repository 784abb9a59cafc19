"""Stand-ins for the real things: tasks that write, fail and die on demand."""

from __future__ import annotations

import json
import os
import pathlib
import signal
from typing import Any

from redpyjama.stage import Task


def write(task: Task) -> dict[str, Any]:
    """Write the argument plus what the needed outputs hold, then the receipt."""
    upstream = sorted(json.loads(pathlib.Path(f"{p}.json").read_text())["value"] for p in task.args.get("reads", []))
    receipt = {"value": f"{task.name}({','.join(upstream)})"}
    pathlib.Path(f"{task.output}.json").write_text(json.dumps(receipt))
    return receipt


def fail(task: Task) -> dict[str, Any]:
    raise ValueError(f"bad input in {task.name}")


def fail_once_for_want_of_disk(task: Task) -> dict[str, Any]:
    mark = pathlib.Path(f"{task.output}.tried")
    if not mark.exists():
        mark.write_text("")
        raise OSError(28, "No space left on device")
    return write(task)


def die_once(task: Task) -> dict[str, Any]:
    mark = pathlib.Path(f"{task.output}.tried")
    if not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return write(task)


def die(task: Task) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def print_noise(task: Task) -> dict[str, Any]:
    os.write(1, b"\x00\x01 noise from a library \xff" * 1000)
    return write(task)
