"""CSRF: unsafe requests must come from our own origin and carry a token bound to the browser's seed and its session."""

import hmac
import secrets
from base64 import urlsafe_b64encode

from flask import request, session

from saas.core.crypto import keyed_hash
from saas.core.runtime import settings
from saas.web.visit import visit

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_SEED = "csrf"
_OWN = ("same-origin", "none")


def csrf_token() -> str:
    """The token for this browser and session; makes the seed when there is none."""
    if _SEED not in session:
        session[_SEED] = secrets.token_urlsafe(24)
    return _token(session[_SEED], settings().secrets[0])


def renew_seed() -> None:
    """Forget the seed, so that tokens from before a sign-in are worth nothing after it."""
    session.pop(_SEED, None)


def is_same_origin() -> bool:
    """Whether this unsafe request was made on this very host, as far as the browser tells. A sibling subdomain is a stranger."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OWN
    origin = request.headers.get("Origin")
    return origin is None or origin == settings().public_url(visit().arrival.host, "")


def has_token() -> bool:
    """Whether this request carries the token of a page that the present session has seen."""
    seed, given = session.get(_SEED), request.headers.get(HEADER) or request.form.get(FIELD, "")
    return bool(seed) and any(
        hmac.compare_digest(_token(str(seed), secret).encode(), str(given).encode("utf-8", "replace"))
        for secret in settings().secrets
    )


def _token(seed: str, secret: str) -> str:
    return urlsafe_b64encode(keyed_hash(secret, "csrf", f"{seed} {visit().token}")).decode().rstrip("=")
