"""What machines ask on whatever host: a certificate authority for a proof, a web server in front whether to serve a host."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from saas.domains.certificates.queries import get_key_authorisation
from saas.tenancy.directory import directory
from saas.tenancy.names import normal_host
from saas.tenancy.scope import platform_scope
from saas.web.access import public

bp = Blueprint("certificates", __name__, subdomain="nowhere")
blueprints = (bp,)
_LONGEST = 200


@bp.get("/.well-known/acme-challenge/<token>")
@public
def challenge(token: str) -> Response:
    """The proof that an authority asks for, as plain text; 404 when nobody ordered it."""
    if len(token) > _LONGEST or not token.replace("-", "").replace("_", "").isalnum() or not token.isascii():
        return _plain(None)
    with platform_scope():
        return _plain(get_key_authorisation(token))


@bp.get("/domains/ask")
@public
def ask() -> Response:
    """Whether a host (``domain``) is somebody's verified domain: 200 or 404, for servers that get certificates on demand; 400
    without one.

    What is asked is remembered for moments, as for visitors, so whoever asks for made-up names costs little.
    """
    domain = request.args.get("domain")
    if not domain:
        raise BadRequest
    host = None if ":" in domain else normal_host(domain)
    return _plain("yes" if host and directory.by_domain(host) else None)


def _plain(text: str | None) -> Response:
    return Response(
        text if text is not None else "not found\n", 200 if text is not None else 404, mimetype="text/plain"
    )
