"""Writes about the log of the tenant in scope; entries themselves are written by ``saas.core.audit.record``."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from saas.audit.models import AuditExport, AuditFilter
from saas.audit.module import (
    CONFIGURE,
    DOWNLOADED,
    EXPORT,
    EXPORTED,
    FILTER_DELETED,
    FILTER_SAVED,
    MAILS_CHANGED,
    READ,
    VERIFIED,
    VIEW,
)
from saas.audit.queries import MAILS, get_chain, has_read_lately, verify_own
from saas.audit.search import Search
from saas.audit.verifying import Verdict
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import Target, record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.jobs import enqueue
from saas.core.scope import current_tenant_id
from saas.tenancy.models import Tenant
from saas.tenancy.names import clean_name
from saas.tenancy.queries import own_tenant

EXPORT_JOB, VERIFY_JOB = "audit.export", "audit.verify"
MOST_FILTERS, MOST_MAILS, MOST_EXPORTS = 50, 10, 3
IN_REQUEST = 20_000
"""Entries that a request checks itself; more are left to a job."""
UNDER_WAY = ("waiting", "running")


def note_reading(actor: Actor) -> None:
    """Record that somebody reads the log, at most once an hour."""
    if actor.id is not None and not has_read_lately(actor.id):
        record(READ, actor=actor)


def save_filter(*, name: str, search: Search, actor: Actor) -> AuditFilter:
    """Keep a search for the actor, in place of one with the same name; raises Invalid (field ``name``)."""
    actor.require(VIEW)
    name = clean_name(name, field="name", longest=60)
    own = select(AuditFilter).where(AuditFilter.user_id == actor.id)
    kept = db.session.scalars(own.where(AuditFilter.name == name)).one_or_none()
    if kept is None:
        if len(db.session.scalars(own).all()) >= MOST_FILTERS:
            raise Invalid(f"You keep {MOST_FILTERS} searches already. Delete one first.", field="name")
        kept = AuditFilter(user_id=actor.id, name=name)
        db.session.add(kept)
    kept.search = search.values
    db.session.flush()
    record(FILTER_SAVED, actor=actor, target=Target("audit_filter", kept.id, name), search=search.values)
    return kept


def delete_filter(filter_id: UUID, *, actor: Actor) -> str:
    """Keep a search of the actor's no longer; returns its name. Raises NotAllowed; NotFound when it is gone already, or
    somebody else's."""
    actor.require(VIEW)
    own = (AuditFilter.id == filter_id, AuditFilter.user_id == actor.id)
    name: str | None = db.session.scalar(delete(AuditFilter).where(*own).returning(AuditFilter.name))
    if name is None:
        raise NotFound("This search is gone already.")
    record(FILTER_DELETED, actor=actor, target=Target("audit_filter", filter_id, name))
    return name


def ask_export(*, format: str, search: Search, actor: Actor) -> AuditExport:
    """Have a part of the log, or all of it, written to a file. Raises Invalid, NotAllowed; Conflict while several are written."""
    actor.require(EXPORT)
    if format not in ("csv", "jsonl"):
        raise Invalid("Please choose one of these.", field="format")
    running = select(func.count()).where(AuditExport.status.in_(UNDER_WAY))
    if (db.session.scalar(running) or 0) >= MOST_EXPORTS:
        raise Conflict("Some exports are being written already. Please wait until one is ready.")
    export = AuditExport(user_id=actor.id, format=format, search=search.values)
    db.session.add(export)
    db.session.flush()
    record(EXPORTED, actor=actor, target=_target(export), format=format, search=search.values)
    enqueue(EXPORT_JOB, export_id=str(export.id))
    return export


def note_download(export: AuditExport, *, actor: Actor) -> None:
    """Record that somebody downloads an export."""
    record(DOWNLOADED, actor=actor, target=_target(export), entries=export.rows)


def check_log(*, actor: Actor) -> Verdict | None:
    """Have the log checked: at once if it is small, which gives the verdict; a keeper's check follows, whose result is kept."""
    actor.require(VIEW)
    verdict = verify_own() if get_chain().length <= IN_REQUEST else None
    found: Mapping[str, Any] = {}
    if verdict is not None:
        found = {"entries": verdict.entries, "fault": verdict.fault.sentence if verdict.fault else ""}
    record(VERIFIED, actor=actor, **found)
    enqueue(VERIFY_JOB, once=VERIFY_JOB)
    return verdict


def set_mails(text: str, *, actor: Actor) -> tuple[str, ...]:
    """Say who gets the daily seal by mail: one address a line, none to stop. Raises Invalid (field ``addresses``), NotAllowed."""
    actor.require(CONFIGURE)
    lines = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) > MOST_MAILS:
        raise Invalid(f"Use at most {MOST_MAILS} addresses.", field="addresses")
    wanted = tuple(dict.fromkeys(canonical_email(line, field="addresses") for line in lines))
    before = tuple(own_tenant().config.get(MAILS, ()))
    if wanted != before:
        merged = Tenant.config.op("||", return_type=JSONB)(func.jsonb_build_object(MAILS, literal(list(wanted), JSONB)))
        change = update(Tenant).where(Tenant.id == current_tenant_id()).values(config=merged)
        db.session.execute(change.execution_options(synchronize_session=False))
        record(MAILS_CHANGED, actor=actor, changes={"addresses": (list(before), list(wanted))})
    return wanted


def _target(export: AuditExport) -> Target:
    return Target("audit_export", export.id, {"csv": "CSV", "jsonl": "JSON Lines"}[export.format])
