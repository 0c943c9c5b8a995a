"""The request's unit of work: one scope, committed when the view did something that is allowed to stay."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from saas.core.database import db
from saas.core.scope import NoScope, scope_or_none
from saas.tenancy.resolver import Arrival, Site
from saas.tenancy.scope import platform_scope, tenant_scope

log = structlog.get_logger()

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def open_scope(arrival: Arrival) -> None:
    """Open the scope of the site where the request arrived; raises NoScope when the process stands in one already."""
    if scope_or_none() is not None:
        raise NoScope("A request cannot begin inside an open scope.")
    g.scope, g.afterwards = ExitStack(), []
    if arrival.tenant is not None:
        g.scope.enter_context(tenant_scope(arrival.tenant, alone=True))
    elif arrival.site is not Site.NOWHERE:
        g.scope.enter_context(platform_scope(alone=True))


def afterwards(write: Callable[[], Any]) -> None:
    """Run a small write in a transaction of its own after the request's, whether that stayed or was refused."""
    g.afterwards.append(write)


def forget_afterwards() -> None:
    """Drop what was put off so far: it was meant for a request that came in."""
    g.afterwards.clear()


class CommittingFlask(Flask):
    """Flask that commits between the view and the response, so that a failing commit is an error like any other."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; commit when the method is unsafe and the answer is not an error."""
        response: Response = self.make_response(super().dispatch_request())
        if request.method not in SAFE and response.status_code < 400 and scope_or_none() is not None:
            db.session.commit()
        return response


def settle(response: Response) -> Response:
    """Do what was put off, each once and in a transaction of its own.

    The answer stands by then: a write that fails now is noted in the log and changes nothing about it.
    """
    for write in g.pop("afterwards", ()):
        try:
            db.session.rollback()
            write()
            db.session.commit()
        except SQLAlchemyError as error:
            log.warning("put_off_write_failed", error=type(error).__name__, state=sqlstate(error))
    return response


def sqlstate(error: Exception) -> str:
    """PostgreSQL's code of a failure; empty when it has none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""


def close_scope(_error: BaseException | None = None) -> None:
    """End the request's scope, and so roll back what was not committed; may be called twice, as Flask does for streams."""
    scope: ExitStack | None = g.pop("scope", None)
    if scope is not None:
        with suppress(SQLAlchemyError):  # a connection that is lost has nothing left to roll back
            scope.close()
