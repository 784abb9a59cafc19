"""The embedded engine: the processes of one machine.

Workers are programs of their own (not forks, not re-imports of the caller's script), fed through pipes. A worker that
dies, whatever killed it, costs its task one try and is replaced; when the parent dies, the kernel ends its workers.
"""

from __future__ import annotations

import os
import pickle
import selectors
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

from redpyjama import limits
from redpyjama.engine.base import Event, Observer, execute, pending
from redpyjama.errors import TaskError
from redpyjama.stage import Task

_LENGTH = struct.Struct("<Q")


class LocalEngine:
    """Runs tasks in *workers* processes; with one worker, in this process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, tasks: Sequence[Task], observe: Observer) -> None:
        """See `redpyjama.engine.base.Engine.run`."""
        queue = _Queue(pending(tasks), observe)
        if self.workers == 1 or queue.size <= 1:
            _run_here(queue)
        else:
            from redpyjama import kernels  # numba: a build with nothing to do must not load it

            kernels.compile_all()
            _run_workers(queue, min(self.workers, queue.size))
        queue.finish()


class _Queue:
    """The tasks that may start now, the longest first; and what is known of the others."""

    def __init__(self, tasks: dict[str, Task], observe: Observer) -> None:
        self.size = len(tasks)
        self._tasks = tasks
        self._observe = observe
        self._missing = {name: {n for n in task.needs if n in tasks} for name, task in tasks.items()}
        self._followers: dict[str, list[str]] = {}
        for name, needs in self._missing.items():
            for need in needs:
                self._followers.setdefault(need, []).append(name)
        self._ready = [name for name, needs in self._missing.items() if not needs]
        self._tries: dict[str, int] = {}
        self._failed: TaskError | None = None

    def next(self) -> Task | None:
        """Take the heaviest task that may start; None where none may."""
        if not self._ready:
            return None
        self._ready.sort(key=lambda name: (self._tasks[name].weight, name))
        task = self._tasks[self._ready.pop()]
        self._observe(Event(what="started", task=task.name))
        return task

    def done(self, event: Event) -> None:
        for name in self._followers.get(event.task, []):
            self._missing[name].discard(event.task)
            if not self._missing[name]:
                self._ready.append(name)
        self._observe(event)

    def failed(self, error: TaskError, *, again: bool) -> None:
        """Try the task again if that can help; what needs a task that failed for good never starts."""
        name, reason = error.args[0], str(error.args[1])
        tries = self._tries[name] = self._tries.get(name, 0) + 1
        if again and tries < limits.TASK_TRIES:
            self._ready.append(name)
            self._observe(Event(what="retried", task=name, reason=reason))
        else:
            self._failed = self._failed or error
            self._observe(Event(what="failed", task=name, reason=reason))

    def finish(self) -> None:
        if self._failed:
            raise self._failed


def _run_here(queue: _Queue) -> None:
    while task := queue.next():
        try:
            event = execute(task)
        except TaskError as error:
            queue.failed(error, again=_may_pass(error))
        else:
            queue.done(event)


def _may_pass(error: TaskError) -> bool:
    """Only trouble with files or memory can be gone at the next try; a task is otherwise a pure function."""
    return isinstance(error.__cause__, (OSError, MemoryError))


class _Worker:
    """A child process and the pipes to it."""

    def __init__(self) -> None:
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "redpyjama.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.task: Task | None = None

    def start(self, task: Task) -> None:
        self.task = task
        assert self.process.stdin
        send(self.process.stdin, task)

    def receive(self) -> Any:
        assert self.process.stdout
        return receive(self.process.stdout)

    def close(self) -> None:
        """End the worker: at once if it is still at work, by closing its input if it is idle."""
        if self.task:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.process.wait()


def _run_workers(queue: _Queue, count: int) -> None:
    workers = [_Worker() for _ in range(count)]
    with selectors.DefaultSelector() as selector:
        try:
            for worker in workers:
                _register(selector, worker)
            while True:
                for worker in [w for w in workers if w.task is None]:
                    if task := queue.next():
                        worker.start(task)
                if not any(w.task for w in workers):
                    return
                for key, _ in selector.select():
                    worker = key.data
                    if not _settle(queue, worker):
                        selector.unregister(key.fileobj)
                        worker.task = None
                        worker.close()
                        replacement = _Worker()
                        workers[workers.index(worker)] = replacement
                        _register(selector, replacement)
        finally:
            for worker in workers:
                worker.close()


def _register(selector: selectors.BaseSelector, worker: _Worker) -> None:
    assert worker.process.stdout
    selector.register(worker.process.stdout, selectors.EVENT_READ, worker)


def _settle(queue: _Queue, worker: _Worker) -> bool:
    """Take a worker's answer; return False if it died instead of answering."""
    assert worker.task
    try:
        answer = worker.receive()
    except EOFError:
        code = worker.process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"exited with status {code}"
        queue.failed(TaskError(worker.task.name, f"its worker process {how}", ""), again=True)
        return False
    worker.task = None
    if isinstance(answer, Event):
        queue.done(answer)
    else:
        error, again = answer
        queue.failed(error, again=again)
    return True


def send(pipe: IO[bytes], value: Any) -> None:
    """Write one pickled value with its length before it."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    try:
        pipe.write(_LENGTH.pack(len(data)) + data)
        pipe.flush()
    except BrokenPipeError:  # the reader died: its end of the other pipe tells
        pass


def receive(pipe: IO[bytes]) -> Any:
    """Read one value that `send` wrote.

    Raises:
        EOFError: The other end is gone.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 -- from our own child, over a pipe that nobody else holds


def serve(inbox: IO[bytes], outbox: IO[bytes]) -> None:
    """Run tasks from *inbox* until it is closed: the life of a worker."""
    while True:
        try:
            task = receive(inbox)
        except EOFError:
            return
        try:
            send(outbox, execute(task))
        except TaskError as error:
            again = _may_pass(error)
            error.__cause__ = error.__context__ = None
            send(outbox, (error, again))
