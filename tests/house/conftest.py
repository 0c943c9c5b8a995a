"""What tests of the web servers in front share: an application that tells what reached it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Told(BaseHTTPRequestHandler):
    """Answers every request with what it was told, and remembers its path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves at once and whole
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        announced = int(self.headers.get("Content-Length") or 0)
        if len(self.rfile.read(announced)) < announced:
            self.close_connection = True
            return
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "upgrade")
            self.end_headers()
            return
        body = json.dumps([list(pair) for pair in self.headers.items()] + [["path", self.path]]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/css" if self.path.startswith("/static/") else "text/html")
        if self.path.startswith("/static/"):
            self.send_header("Cache-Control", "max-age=31536000, public, immutable")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def application() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (Told,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def seen(application: ThreadingHTTPServer) -> list[str]:
    """The paths that the application was asked for."""
    return application.RequestHandlerClass.seen
