"""Frames: the brand page shows real pages of the organisation beside the form, which no other page may."""

from werkzeug.wrappers import Response

from saas.web.headers import CONTENT_SECURITY_POLICY

_MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"


def may_frame(response: Response) -> Response:
    """Let a page hold frames of this host."""
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def framed(response: Response) -> Response:
    """Let a page be shown in frames of this host; in it nothing can be done."""
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    policy = policy.replace("script-src 'self'", "script-src 'none'").replace(
        "form-action 'self'", "form-action 'none'"
    )
    return _opened(response, policy)


def framed_mail(response: Response) -> Response:
    """The same for a mail, whose styles stand in its tags: it may load pictures of this host and nothing else."""
    return _opened(response, _MAIL)


def _opened(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "private, max-age=60"
    return response
