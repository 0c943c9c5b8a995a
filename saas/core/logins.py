"""The three database logins of a deployment and how two of them follow from the owner's."""

import hashlib
import hmac
import re
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,30}")
CONNECT_ARGS: dict[str, Any] = {"prepare_threshold": None, "connect_timeout": 3, "tcp_user_timeout": 3000}
"""How the web login connects: no prepared statements, as poolers lose them; a server that is gone is known in three seconds."""


class Login(StrEnum):
    """Who connects: ``owner`` makes schemas and roles, ``app`` serves requests, ``jobs`` moves the queue."""

    OWNER = "owner"
    APP = "app"
    JOBS = "jobs"


def role_prefix_of(url: str) -> str:
    """The database's name as a prefix for role names: lower-case letters, digits, underscores; at most 31.

    Roles are per cluster: a name that cannot be kept as it is ends in a part of its hash, so that no two databases meet
    in one prefix. ``pg_`` is PostgreSQL's own.
    """
    name = unquote(urlsplit(url).path.strip("/")) or "saas"
    if _PREFIX.fullmatch(name) and not name.startswith("pg_"):
        return name
    plain = re.sub(r"^(pg_|[0-9_])+", "", re.sub(r"[^a-z0-9_]", "_", name.lower()))[:20]
    return f"{plain or 'db'}_{hashlib.sha256(name.encode()).hexdigest()[:10]}"


def plain_url(url: str) -> str:
    """A database address in the one form that both libpq and SQLAlchemy read."""
    scheme, colon, rest = url.partition("://")
    return f"postgresql{colon}{rest}" if scheme in ("postgres", "postgresql+psycopg") else url


def login_name(prefix: str, login: Login) -> str:
    """The role name of a login that we make."""
    return f"{prefix}_{login}"


def derived_url(owner_url: str, prefix: str, login: Login, secret_key: str) -> str:
    """The owner's address with the name and the derived password of another login."""
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    password = login_password(secret_key, prefix, login)
    return urlunsplit(parts._replace(netloc=f"{quote(login_name(prefix, login))}:{password}@{host}"))


def login_password(secret_key: str, prefix: str, login: Login) -> str:
    """A password that only the holder of SECRET_KEY can derive: HMAC-SHA256 in hex."""
    return hmac.new(secret_key.encode(), f"login {prefix} {login}".encode(), hashlib.sha256).hexdigest()


def credentials_of(url: str) -> tuple[str, str]:
    """User and password of a connection address (empty where absent)."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")
