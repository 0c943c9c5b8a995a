"""Security headers of every response."""

from flask import g, request
from werkzeug.wrappers import Response

from saas.core.runtime import settings
from saas.tenancy.names import is_ours
from saas.web.visit import visit

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def secure(response: Response) -> Response:
    """Add the headers that a view has not set itself; pages of people signed in are never stored by caches."""
    headers = response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cache-Control", "no-store")
    if settings().public_scheme == "https":
        headers.setdefault("Strict-Transport-Security", _transport_security())
    if "visit" in g:
        headers["X-Request-ID"] = visit().request_id
    return response


def let_forms_reach(response: Response, *sources: str) -> Response:
    """Let the forms of this page end on other hosts: browsers hold the redirect after a form to ``form-action`` too."""
    allowed = f"form-action 'self' {' '.join(sources)};"
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace("form-action 'self';", allowed)
    return response


def _transport_security() -> str:
    host = request.host.partition(":")[0]
    return "max-age=31536000; includeSubDomains" if is_ours(host) else "max-age=31536000"
