"""A stand-in for an S3-compatible store on loopback: buckets in memory, signatures checked, trouble on demand."""

import hashlib
import hmac
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET, REGION, BUCKET = "KEYOFTESTS", "a/secret+of@tests", "eu-test-1", "files"
REFUSALS = {
    "internal": (500, "InternalError"),
    "slow_down": (503, "SlowDown"),
    "too_many": (429, "TooManyRequests"),
    "denied": (403, "AccessDenied"),
    "no_bucket": (404, "NoSuchBucket"),
}
LATER = ("lost", "reset", "half", "hang", *REFUSALS)
"""All kinds of trouble: the body never arrives whole, the connection breaks, half an answer, none, an answer that refuses."""


@dataclass
class Trouble:
    """What goes wrong, with which requests, and how many times (None: each time)."""

    kind: str
    concerns: Callable[[str, str], bool]
    times: int | None
    over: threading.Event = field(default_factory=threading.Event)

    def strikes(self, method: str, key: str) -> bool:
        if self.times == 0 or not self.concerns(method, key):
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class ObjectStore(ThreadingHTTPServer):
    """The server, and what it holds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.page_size = 1000
        self.asked: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.begun, self.stubborn = threading.Event(), set[str]()
        self._trouble: Trouble | None = None
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.url_with(KEY, SECRET)

    def url_with(self, key: str, secret: str, bucket: str = f"{BUCKET}/of-a/deployment") -> str:
        keys = f"{quote(key, safe='')}:{quote(secret, safe='')}@" if key else ""
        return f"s3://{keys}127.0.0.1:{self.server_port}/{bucket}?region={REGION}&tls=off"

    @contextmanager
    def trouble(self, kind: str, method: str = "", key: str = "", times: int | None = None) -> Iterator[Trouble]:
        """Let requests of a method (all) that concern keys with a text in them (all) fail in a block, so many times."""
        trouble = Trouble(kind, lambda asked, of: method in ("", asked) and key in of, times)
        self._trouble = trouble
        try:
            yield trouble
        finally:
            self._trouble = None
            trouble.over.set()

    def struck_by(self, method: str, key: str) -> Trouble | None:
        with self.lock:
            return self._trouble if self._trouble and self._trouble.strikes(method, key) else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ObjectStore

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(self._list if "list-type" in self.query else self._get)

    def do_PUT(self) -> None:
        self._serve(self._put)

    def do_DELETE(self) -> None:
        self._serve(self._delete)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def _serve(self, answer: Callable[[], None]) -> None:
        bucket, _, self.key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        self.server.asked.append((self.command, self.key))
        length = int(self.headers.get("Content-Length") or 0)
        trouble = self.server.struck_by(self.command, self.key or self.query.get("prefix", ""))
        self.content = self.rfile.read(length // 2 if trouble and trouble.kind == "lost" else length)
        if trouble is None and len(self.content) == length:
            fault = self._fault_of_signature()
            self.server.wrong += [fault] if fault else []
            self._refuse(403, fault) if fault else answer() if bucket == BUCKET else self._refuse(404, "NoSuchBucket")
        elif trouble and trouble.kind in REFUSALS:
            self._refuse(*REFUSALS[trouble.kind])
        else:
            self._break(trouble.kind if trouble else "reset", trouble, length)

    def _break(self, kind: str, trouble: Trouble | None, length: int) -> None:
        self.close_connection = True
        if kind == "lost":
            self.server.begun.set()
            self.rfile.read(length - len(self.content))
        elif kind == "hang" and trouble:
            trouble.over.wait(30)
        elif kind == "half":
            self._begin(200, 1000)
            self.wfile.write(b"half")
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _put(self) -> None:
        self.server.objects[self.key] = self.content
        self._answer(200)

    def _get(self) -> None:
        found = self.server.objects.get(self.key)
        self._refuse(404, "NoSuchKey") if found is None else self._answer(200, found)

    def _delete(self) -> None:
        if self.key not in self.server.stubborn:
            self.server.objects.pop(self.key, None)
        self._answer(204)

    def _list(self) -> None:
        asked, size = self.query, self.server.page_size
        after = asked.get("continuation-token", "")
        keys = [key for key in sorted(self.server.objects) if key.startswith(asked["prefix"]) and key > after]
        token = f"<NextContinuationToken>{escape(keys[size - 1])}</NextContinuationToken>" if len(keys) > size else ""
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{_etag(self.server.objects[key])}&quot;</ETag><Size>{len(self.server.objects[key])}</Size></Contents>"
            for key in keys[:size]
        )
        page = (
            f"<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>{str(bool(token)).lower()}</IsTruncated>{token}{rows}"
        )
        self._answer(200, f"{page}</ListBucketResult>".encode())

    def _refuse(self, status: int, code: str) -> None:
        content = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>No.</Message></Error>'
        self._answer(status, content.encode())

    def _answer(self, status: int, content: bytes = b"") -> None:
        self._begin(status, len(content), content)
        self.wfile.write(content)

    def _begin(self, status: int, length: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{_etag(content)}"')
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _fault_of_signature(self) -> str:
        """Whether whoever asks knows the secret and asks for just this (AWS Signature Version 4)."""
        given = self.headers.get("Authorization", "")
        if not given.startswith(f"AWS4-HMAC-SHA256 Credential={KEY}/"):
            return "InvalidAccessKeyId"
        parts = dict(part.split("=", 1) for part in given.removeprefix("AWS4-HMAC-SHA256 ").split(", "))
        place, named = parts["Credential"].partition("/")[2], parts["SignedHeaders"].split(";")
        digest = hashlib.sha256(self.content).hexdigest()
        query = sorted(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        asked = "\n".join(
            [
                self.command,
                urlsplit(self.path).path,
                "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
                *(f"{name}:{self.headers[name].strip()}" for name in named),
                "",
                ";".join(named),
                digest,
            ]
        )
        signed = "\n".join(
            ["AWS4-HMAC-SHA256", self.headers["x-amz-date"], place, hashlib.sha256(asked.encode()).hexdigest()]
        )
        key = f"AWS4{SECRET}".encode()
        for part in place.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        same = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest() == parts["Signature"]
        whole = self.headers["x-amz-content-sha256"] == digest
        return "" if same and whole and f"/{REGION}/s3/" in place else "SignatureDoesNotMatch"


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """A store that answers, for the block."""
    store = ObjectStore()
    thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        store.server_close()
        thread.join()
