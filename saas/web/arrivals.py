"""What pages share by which people come in and go: sessions that begin and end there, and links that hold a secret."""

from werkzeug.wrappers import Response

from saas.core.runtime import settings
from saas.web.cookies import drop_cookie, set_cookie
from saas.web.csrf import renew_seed


def carry_session(response: Response, token: str) -> Response:
    """Let the browser carry this session from now on; forms from before are worth nothing."""
    renew_seed()
    set_cookie(response, "session", token, max_age=settings().session_absolute_hours * 3600)
    return response


def forget_session(response: Response) -> Response:
    """Let a browser whose session has ended forget it, with the pages that it kept."""
    renew_seed()
    drop_cookie(response, "session")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def unreferred(response: Response) -> Response:
    """Let no other page learn the address of this one: it holds a secret."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
