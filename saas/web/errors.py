"""Errors as pages for people and as problem details for programs; what libraries say of an error is told to neither.

A sentence about this very request stands in an error's ``message``; else the page or the problem speaks for its kind.
"""

import re
import time
from collections.abc import Sequence
from math import ceil
from traceback import format_tb

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, ServiceUnavailable
from werkzeug.wrappers import Response

from saas.core.database import constraint_of
from saas.core.errors import Conflict, DomainError, NotAllowed
from saas.core.extensions import limiter
from saas.tenancy.limits import LimitReached
from saas.tenancy.models import Status
from saas.tenancy.resolver import API_PREFIX, PATH_PREFIX, Refusal
from saas.web.denied import note_denied
from saas.web.gates import TooMany
from saas.web.plan import note_refused
from saas.web.problems import facts_of, problem
from saas.web.unit import sqlstate

log = structlog.get_logger()

_API = re.compile(rf"({PATH_PREFIX}[^/]+)?{API_PREFIX}")
_UNSTORABLE = ("22003", "22021", "22P02", "22P05")
_MEANWHILE = ("23503", "23505", "23P01")
PLAIN = {400, 401, 402, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}


_PAGES = {
    Refusal.UNKNOWN_HOST: "unknown_host",
    Refusal.UNKNOWN_TENANT: "unknown_host",
    Refusal.RESERVED_HOST: "reserved_host",
}

_CODES = {Refusal.BAD_HOST: 400, Refusal.BAD_TOKEN: 401, Refusal.BAD_KEY: 401, Refusal.UNAVAILABLE: 503}
_CHANGED = "This was changed meanwhile. Please load the page again and repeat your step."


class Unreachable(HTTPException):
    """The request reached no site of ours."""

    def __init__(self, refusal: Refusal) -> None:
        self.code = _CODES.get(refusal, 404)
        self.retry_after = 5 if refusal is Refusal.UNAVAILABLE else None
        self.kind = str(refusal)
        self.page = _PAGES.get(refusal, str(self.code))
        super().__init__()


class TenantSuspended(Forbidden):
    """The organisation is suspended and this page is not one of those that stay open; programs get 402.

    The reason is for its people alone: it is empty for a stranger.
    """

    page, kind = "suspended", "tenant_suspended"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = self.message = reason


class TenantClosed(HTTPException):
    """The organisation is cancelled or being deleted."""

    code = 410

    def __init__(self, status: str) -> None:
        super().__init__()
        self.page = "deleting" if status == Status.DELETING else "cancelled"
        self.kind = f"tenant_{self.page}"


class AddressRefused(Forbidden):
    """The organisation takes visitors from certain networks only, and this one came from elsewhere."""

    page, kind = "address_refused", "address_refused"

    def __init__(self, address: str) -> None:
        super().__init__()
        self.reason = address
        self.message = (
            f"The organisation takes requests from certain networks only, and {address or 'yours'} is in none of them."
        )


class TenantBehind(ServiceUnavailable):
    """The organisation's schema waits for a migration."""

    page, kind = "migrating", "tenant_migrating"

    def __init__(self) -> None:
        super().__init__(retry_after=30)


class CrossSite(BadRequest):
    """An unsafe request that did not come from this very host."""

    page = kind = "cross_site"


class KeyInAddress(BadRequest):
    """An API key stands in the address, where it does not belong."""

    kind = "key_in_address"
    message = (
        "An API key stands in the address of this request, where logs and histories keep it. Send it in the header"
        " Authorization: Bearer, a space, the key. And renew this key: it may have been seen."
    )


class StaleForm(HTTPException):
    """An unsafe request from a page that is older than the present session, or whose session has ended: 401 then.

    ``back`` leads to where it can be sent again; ``sent`` are names and texts to show, so that no typing is lost.
    """

    kind = "stale_form"

    def __init__(self, back: str, sent: Sequence[tuple[str, str]], *, signed_out: bool) -> None:
        super().__init__()
        self.code, self.page = (401, "signed_out") if signed_out else (403, "stale")
        self.back, self.sent = back, sent


class Refused(HTTPException):
    """What a rule of the product refused, with its sentence."""

    def __init__(self, error: DomainError) -> None:
        super().__init__()
        self.code, self.message, self.cause = error.status, error.message, error
        if kind := getattr(error, "kind", ""):
            self.kind = kind
        self.retry_after = getattr(error, "retry_after", None)


def init_app(app: Flask) -> None:
    """Answer every error with a page or with problem details."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(RateLimitExceeded, _answer_limit)
    app.register_error_handler(DomainError, _answer_domain)
    app.register_error_handler(OperationalError, _answer_database)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(TimeoutError, _answer_database)
    app.register_error_handler(StaleDataError, _answer_stale)
    app.register_error_handler(InternalServerError, _answer)


def _answer_domain(error: DomainError) -> ResponseReturnValue:
    if isinstance(error, NotAllowed):
        note_denied(error)
    if isinstance(error, LimitReached) and "afterwards" in g:
        note_refused(error)
    return _answer(Refused(error))


def _answer_limit(_error: RateLimitExceeded) -> ResponseReturnValue:
    window = limiter.current_limit
    return _answer_domain(TooMany(max(1, ceil(window.reset_at - time.time())) if window else 60))


def _answer_database(error: Exception) -> ResponseReturnValue:
    """A database that is away or overloaded is 503; what the person typed but no column takes is 400; what somebody else
    changed meanwhile is 409; all else is ours. The log never learns the values of a statement."""
    state = sqlstate(error)
    if _is_away(error, state):
        log.warning("database_unavailable", error=type(error).__name__, state=state)
        return _answer(ServiceUnavailable(retry_after=5))
    if state in _UNSTORABLE:
        return _answer_domain(DomainError("The request holds characters or numbers that cannot be stored."))
    if state in _MEANWHILE:
        log.warning("changed_meanwhile", constraint=constraint_of(error))
        return _answer_domain(Conflict(_CHANGED))
    where = "".join(format_tb(error.__traceback__))
    log.error("unhandled", error=type(error).__name__, state=state, constraint=constraint_of(error), where=where)
    return _answer(InternalServerError())


def _answer_stale(_error: StaleDataError) -> ResponseReturnValue:
    """A row that was read is gone by the time it is written."""
    log.warning("changed_meanwhile", constraint="")
    return _answer_domain(Conflict(_CHANGED))


def _is_away(error: Exception, state: str) -> bool:
    if isinstance(error, TimeoutError) or (isinstance(error, OperationalError) and not state):
        return True
    return state[:2] in ("08", "53", "57") or state in ("25006", "40001", "40P01", "55P03")


def _answer(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or 500
    if code < 400:
        return error.get_response()
    response = _problem(error, code) if _wants_problem() else _page(error, code)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    if (seconds := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(seconds)
    if code == 401:
        response.headers["WWW-Authenticate"] = _challenge()
    return response


def _challenge() -> str:
    """How to sign in (RFC 6750); whoever sent a token learns that it is the token."""
    sent = request.headers.get("Authorization", "").lower().startswith("bearer ")
    return f'Bearer realm="{request.host}"' + (', error="invalid_token"' if sent else "")


def _wants_problem() -> bool:
    """Whether a program asks; a tenant's path that was refused still stands before the API's own."""
    return _API.match(request.path) is not None


def _page(error: HTTPException, code: int) -> Response:
    template = getattr(error, "page", str(code if code in PLAIN and code != 422 else 400))
    told = {name: getattr(error, name, "") for name in ("message", "reason", "back", "sent", "retry_after", "cause")}
    return Response(render_template(f"errors/{template}.html", code=code, **told), status=code, mimetype="text/html")


def _problem(error: HTTPException, code: int) -> Response:
    code = 402 if isinstance(error, TenantSuspended) else code
    return problem(error, code, getattr(error, "message", ""), facts_of(getattr(error, "cause", None)))
