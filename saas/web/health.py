"""Health: ``/health/live`` says that the process answers, ``/health/ready`` that it can serve."""

from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from saas.core.jobs import BACKLOG_SECONDS
from saas.tenancy.history import tenant_history
from saas.tenancy.scope import platform_scope
from saas.web.access import public

bp = Blueprint("health", __name__, url_prefix="/health", subdomain="nowhere")


class Unfit(Exception):
    """This process cannot serve, for the reason given."""


@bp.get("/live")
@public
def live() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/ready")
@public
def ready() -> ResponseReturnValue:
    """The database answers, the queue can be asked, and some schema is at this code's revision; 503 with the faults otherwise.

    A backlog in the queue is told, but pages can be served all the same. A database that is away is asked once.
    """
    checks, faults = dict.fromkeys(CHECKS, "not asked"), 0
    with platform_scope() as session:
        for name, check in CHECKS.items():
            checks[name], well, goes_on = _outcome(check, session)
            faults += not well
            if not goes_on:
                break
    return jsonify(status="failing" if faults else "ok", checks=checks), 503 if faults else 200


def _outcome(check: Callable[[Session], str], session: Session) -> tuple[str, bool, bool]:
    """What to tell, whether it is well, and whether another check can be made."""
    try:
        return check(session), True, True
    except Unfit as fault:
        return str(fault), False, True
    except (OperationalError, TimeoutError) as error:
        return type(error).__name__, False, False
    except Exception as error:  # whatever breaks, the answer must name it
        session.rollback()
        return type(error).__name__, False, True


def _database(session: Session) -> str:
    session.execute(text("SELECT 1 FROM platform.tenants LIMIT 1"))
    return "ok"


def _queue(session: Session) -> str:
    waiting, oldest, _workers = session.execute(text("SELECT * FROM jobs.health()")).one()
    return "ok" if not waiting or oldest < BACKLOG_SECONDS else f"{waiting} jobs wait, the oldest for {oldest:.0f} s"


def _migrations(session: Session) -> str:
    revisions = set(session.scalars(text("SELECT DISTINCT revision FROM platform.tenants")))
    if revisions and tenant_history().head not in revisions:
        raise Unfit("no tenant is migrated to this release")
    return "ok"


CHECKS: dict[str, Callable[[Session], str]] = {"database": _database, "queue": _queue, "migrations": _migrations}
