"""Health: ``/health/live`` says that the process answers, ``/health/ready`` that it can serve."""

from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from saas.tenancy.history import tenant_history
from saas.tenancy.scope import platform_scope
from saas.web.access import public

bp = Blueprint("health", __name__, url_prefix="/health", subdomain="nowhere")
BACKLOG_SECONDS = 600


@bp.get("/live")
@public
def live() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/ready")
@public
def ready() -> ResponseReturnValue:
    """The database answers, the queue moves, and some schema is at this code's revision; 503 with the faults otherwise."""
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    well = all(outcome == "ok" for outcome in checks.values())
    return jsonify(status="ok" if well else "failing", checks=checks), 200 if well else 503


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # whatever breaks, the answer must name it
        return type(error).__name__


def _database() -> str:
    with platform_scope() as session:
        session.execute(text("SELECT 1 FROM platform.tenants LIMIT 1"))
    return "ok"


def _queue() -> str:
    with platform_scope() as session:
        waiting, oldest, _workers = session.execute(text("SELECT * FROM jobs.health()")).one()
    return "ok" if not waiting or oldest < BACKLOG_SECONDS else f"{waiting} jobs wait, the oldest for {oldest:.0f} s"


def _migrations() -> str:
    with platform_scope() as session:
        revisions = set(session.scalars(text("SELECT DISTINCT revision FROM platform.tenants")))
    head = tenant_history().head
    return "ok" if not revisions or head in revisions else "no tenant is migrated to this release"


CHECKS = {"database": _database, "queue": _queue, "migrations": _migrations}
