"""Errors as pages for people and as problem details (RFC 9457) for programs."""

import re
from traceback import format_tb
from typing import Any

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

from saas.core.database import constraint_of
from saas.core.errors import Conflict, DomainError
from saas.tenancy.models import Status
from saas.tenancy.resolver import API_PREFIX, PATH_PREFIX, Refusal
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


class Unreachable(HTTPException):
    """The request reached no site of ours."""

    def __init__(self, refusal: Refusal) -> None:
        self.code = {Refusal.BAD_HOST: 400, Refusal.BAD_TOKEN: 401, Refusal.UNAVAILABLE: 503}.get(refusal, 404)
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
        super().__init__(reason or None)
        self.reason = reason


class TenantClosed(HTTPException):
    """The organisation is cancelled or being deleted."""

    code = 410

    def __init__(self, status: str) -> None:
        super().__init__()
        self.page = "deleting" if status == Status.DELETING else "cancelled"
        self.kind = f"tenant_{self.page}"


class TenantBehind(ServiceUnavailable):
    """The organisation's schema waits for a migration."""

    page, kind = "migrating", "tenant_migrating"

    def __init__(self) -> None:
        super().__init__(retry_after=30)


class CrossSite(BadRequest):
    """An unsafe request that did not come from one of our forms on this host, or whose form is too old."""

    kind = "cross_site"

    def __init__(self) -> None:
        super().__init__(
            "This form is too old or was sent from another site. Please go back, reload the page and send it again."
        )


def init_app(app: Flask) -> None:
    """Answer every error with a page or with problem details."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(DomainError, _answer_domain)
    app.register_error_handler(OperationalError, _answer_database)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(TimeoutError, _answer_database)
    app.register_error_handler(InternalServerError, _answer)


def _answer_domain(error: DomainError) -> ResponseReturnValue:
    answer = HTTPException(error.message)
    answer.code = error.status
    if retry_after := getattr(error, "retry_after", None):
        answer.retry_after = retry_after  # type: ignore[attr-defined]  # read by _answer
    return _answer(answer)


def _answer_database(error: Exception) -> ResponseReturnValue:
    """A database that is away or overloaded is 503; what the person typed but no column takes is 400; what somebody else
    changed meanwhile is 409; all else is ours. The log never learns the values of a statement."""
    state = sqlstate(error)
    if _is_away(error, state):
        log.warning("database_unavailable", error=type(error).__name__, state=state)
        return _answer(ServiceUnavailable(retry_after=5))
    if state in _UNSTORABLE:
        return _answer(BadRequest("The request holds characters or numbers that cannot be stored."))
    if state in _MEANWHILE:
        log.warning("changed_meanwhile", constraint=constraint_of(error))
        return _answer_domain(Conflict("This was changed meanwhile. Please load the page again and repeat your step."))
    where = "".join(format_tb(error.__traceback__))
    log.error("unhandled", error=type(error).__name__, state=state, constraint=constraint_of(error), where=where)
    return _answer(InternalServerError())


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
    return response


def _wants_problem() -> bool:
    """Whether a program asks; a tenant's path that was refused still stands before the API's own."""
    return _API.match(request.path) is not None


def _page(error: HTTPException, code: int) -> Response:
    template = getattr(error, "page", str(code if code in PLAIN and code != 422 else 400))
    own = error.description if error.description != type(error).description else None
    text = render_template(f"errors/{template}.html", code=code, message=own, reason=getattr(error, "reason", ""))
    return Response(text, status=code, mimetype="text/html")


def _problem(error: HTTPException, code: int) -> Response:
    kind = getattr(error, "kind", error.name.lower().replace(" ", "_"))
    if isinstance(error, TenantSuspended):
        code = 402
    body: dict[str, Any] = {"type": f"/problems/{kind}", "title": error.name, "status": code, "code": kind}
    if error.description:
        body["detail"] = error.description
    if "visit" in g:
        body["request_id"] = g.visit.request_id
    response = jsonify(body)
    response.status_code = code
    response.mimetype = "application/problem+json"
    return response


__all__ = ["CrossSite", "NotFound", "TenantBehind", "TenantClosed", "TenantSuspended", "Unreachable", "init_app"]
