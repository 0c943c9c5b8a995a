"""Where a bucket of an S3-compatible store is, and with which keys, as one address tells it."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

_HOST = re.compile(r"[a-z0-9._:-]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*)?")
_REGION = re.compile(r"[a-z0-9-]+")
_USUAL = {"region": "us-east-1", "tls": "on"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, or what lies in it below ``prefix``; without keys those of the usual AWS variables hold."""

    endpoint: str
    name: str
    prefix: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``s3://key:secret@host:port/bucket/prefix?region=…&tls=off``; raises ValueError for anything else."""
        parts = urlsplit(url)
        name, _, prefix = parts.path.strip("/").partition("/")
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        asked = _USUAL | dict(given)
        key, secret = unquote(parts.username or ""), unquote(parts.password or "")
        holds = (
            parts.scheme == "s3" and parts.port != 0 and not parts.fragment,
            _HOST.fullmatch(parts.hostname or ""),
            _BUCKET.fullmatch(name) and _PREFIX.fullmatch(prefix),
            bool(key) == bool(secret) and parts.netloc.count("@") < 2,
            set(asked) == set(_USUAL) and len(given) == len(dict(given)),
            _REGION.fullmatch(asked["region"]) and asked["tls"] in ("on", "off"),
        )
        if not all(holds):
            raise ValueError("not the address of a bucket")
        scheme = "https" if asked["tls"] == "on" else "http"
        host = parts.netloc.rpartition("@")[2]
        return cls(f"{scheme}://{host}", name, prefix, asked["region"], key, secret)

    @property
    def tls(self) -> bool:
        """Whether it is reached over TLS."""
        return self.endpoint.startswith("https:")

    @property
    def place(self) -> str:
        """What to tell people of it: everything but the keys."""
        return "/".join(filter(None, [self.endpoint, self.name, self.prefix]))
