"""An HTTP server on this machine that misbehaves as it is told to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class File:
    """What is served, and what goes wrong: a function of the handler for each of the first requests."""

    data: bytes
    etag: str | None = '"v1"'
    troubles: list[Callable] = field(default_factory=list)
    ranges: bool = True


class Server:
    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.requests.append((self.path, dict(self.headers)))
                file = outer.files.get(self.path)
                if file is None:
                    self.answer(404, b"")
                elif file.troubles:
                    file.troubles.pop(0)(self, file)
                else:
                    self.serve(file)

            def serve(self, file: File, *, cut: int | None = None) -> None:
                """Answer as HTTP wants it; after *cut* bytes the connection ends."""
                asked, start = self.headers.get("Range"), 0
                if asked and file.ranges and self.headers.get("If-Range") == file.etag:
                    start = int(asked.removeprefix("bytes=").split("-")[0])
                body = file.data[start:]
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(file.data) - 1}/{len(file.data)}")
                self.send_header("Content-Length", str(len(body)))
                if file.etag:
                    self.send_header("ETag", file.etag)
                self.end_headers()
                self.wfile.write(body if cut is None else body[:cut])
                if cut is not None:
                    self.close_connection = True
                    self.wfile.flush()
                    self.connection.shutdown(2)

            def answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


def cut(after: int) -> Callable:
    return lambda handler, file: handler.serve(file, cut=after)


def status(code: int, **headers: str) -> Callable:
    return lambda handler, file: handler.answer(code, b"no", **headers)


def redirect(to: str) -> Callable:
    return lambda handler, file: handler.answer(302, b"", Location=to)
