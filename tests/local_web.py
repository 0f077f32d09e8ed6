"""A real web server on loopback that answers, byte for byte, what a test has it answer."""

import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One question. headers: names in small letters."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


Page = Callable[[Asked], Iterable[bytes]]


class Served:
    """A context manager that lets `self._server` answer in a thread of its own."""

    _server: ThreadingHTTPServer

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(body: bytes = b"", status: int = 200, **headers: str) -> list[bytes]:
    """A whole answer; headers: content_type="text/plain" and so on."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    named = {"Content-Length": str(len(body)), "Connection": "close"} | named
    lines = [f"HTTP/1.1 {status} said"] + [f"{name}: {text}" for name, text in named.items()]
    return ["\r\n".join([*lines, "", ""]).encode("latin-1"), body]


class LocalWeb(Served):
    """Use as a context manager. pages: path → what answers; page: answers every other path."""

    def __init__(self, page: Page | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.page = page or (lambda _asked: answer(status=404))
        self.asked: list[Asked] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: texts[0] for name, texts in parse_qs(parts.query).items()}
                headers = {name.lower(): text for name, text in self.headers.items()}
                asked = Asked(parts.path, query, headers)
                web.asked.append(asked)
                self.close_connection = True
                with suppress(OSError):  # who asked may have heard enough
                    for piece in web.pages.get(parts.path, web.page)(asked):
                        self.wfile.write(piece)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._server.handle_error = lambda *_: None
        self.port = self._server.server_port
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.place}"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
