"""The three database logins of a deployment and how two of them follow from the owner's."""

import hashlib
import hmac
import re
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit, urlunsplit


class Login(StrEnum):
    """Who connects: ``owner`` makes schemas and roles, ``app`` serves requests, ``jobs`` moves the queue."""

    OWNER = "owner"
    APP = "app"
    JOBS = "jobs"


def role_prefix_of(url: str) -> str:
    """The database's name as a prefix for role names: lower-case letters, digits, underscores; at most 31."""
    name = unquote(urlsplit(url).path.strip("/")) or "saas"
    return re.sub(r"[^a-z0-9_]", "_", name.lower())[:31]


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
