"""Reads of the log of the tenant in scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select

from saas.audit.chains import waiting_since
from saas.audit.keeping import Log, own_connection
from saas.audit.kept import get_kept
from saas.audit.models import AuditCheckpoint, AuditExport, AuditFilter, AuditHead, AuditSeal
from saas.audit.module import READ
from saas.audit.retention import days_kept
from saas.audit.search import Search, find
from saas.audit.verifying import Readers, Verdict, verify
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.scope import current_scope, current_tenant_id
from saas.tenancy.entitlements import entitlements
from saas.tenancy.queries import own_tenant

MAILS = "audit_mails"
"""The key in an organisation's config that holds who gets the daily seal by mail."""
EXPORTS_SHOWN, HISTORY_SHOWN = 30, 10
READING = timedelta(hours=1)


def get_entry(entry_id: UUID) -> AuditEntry:
    """An entry; raises NotFound."""
    entry = db.session.get(AuditEntry, entry_id)
    if entry is None:
        raise NotFound("There is no such entry, or it is older than the log keeps them.")
    return entry


def find_fault() -> str:
    """What the last check found wrong with the log; empty when it was whole."""
    return db.session.scalar(select(AuditHead.fault).where(AuditHead.tenant_id == current_tenant_id())) or ""


def find_seal(entry_id: UUID) -> AuditSeal | None:
    """The seal of an entry; None while it waits for one."""
    return db.session.scalars(select(AuditSeal).where(AuditSeal.entry_id == entry_id)).one_or_none()


def list_history(kind: str, id: UUID | str, *, limit: int = HISTORY_SHOWN) -> Sequence[AuditEntry]:
    """What was done to an object, newest first."""
    return find(Search(target=f"{kind}:{id}"), limit=limit)


def has_read_lately(actor_id: UUID) -> bool:
    """Whether a reading of the log by this person is recorded for the last hour."""
    lately = f"{(now() - READING).date()}"
    found = find(Search(who=str(actor_id), event=READ.name, since=lately), limit=1)
    return bool(found) and found[0].at > now() - READING


def list_filters(user_id: UUID) -> Sequence[AuditFilter]:
    """The searches that a person keeps, by name."""
    query = select(AuditFilter).where(AuditFilter.user_id == user_id)
    return db.session.scalars(query.order_by(func.lower(AuditFilter.name))).all()


@dataclass(frozen=True, slots=True)
class ListedExport:
    """An export and the name of whoever asked for it."""

    export: AuditExport
    asked_by: str


def list_exports() -> list[ListedExport]:
    """The newest exports."""
    name: ColumnElement[str | None] = literal_column("(SELECT u.name FROM users u WHERE u.id = audit_exports.user_id)")
    query = select(AuditExport, name).order_by(AuditExport.id.desc()).limit(EXPORTS_SHOWN)
    return [ListedExport(export, asked_by or "") for export, asked_by in db.session.execute(query)]


def get_export(export_id: UUID) -> AuditExport:
    """An export; raises NotFound."""
    export = db.session.get(AuditExport, export_id)
    if export is None:
        raise NotFound("There is no such export.")
    return export


@dataclass(frozen=True, slots=True)
class Chain:
    """How the log is kept: the platform's head (None before the first sealing), where the chain begins, since when."""

    head: AuditHead | None
    start: int
    started_at: datetime | None
    days: int
    mails: tuple[str, ...]

    @property
    def length(self) -> int:
        """How many sealed entries there are."""
        return self.head.position - self.start if self.head else 0


def get_chain() -> Chain:
    """How the log in scope is kept."""
    head = db.session.get(AuditHead, current_tenant_id())
    newest = select(AuditCheckpoint).order_by(AuditCheckpoint.position.desc(), AuditCheckpoint.at).limit(1)
    checkpoint = db.session.scalars(newest).one_or_none()
    own = own_tenant()
    return Chain(
        head,
        checkpoint.position if checkpoint else 0,
        checkpoint.at if checkpoint else None,
        days_kept(entitlements().audit_days),
        tuple(own.config.get(MAILS, ())),
    )


def own_waiting() -> datetime | None:
    """Since when entries of the log in scope wait for their seals, if that is too long."""
    return waiting_since(own_connection(), own_log())


def own_log() -> Log:
    """The log of the tenant in scope."""
    return Log(current_tenant_id(), own_tenant().key, current_scope().place.schema or "")


def verify_own() -> Verdict:
    """Check the log in scope, in the present transaction."""
    own = own_log()
    return verify(Readers([own_connection()], get_kept(own)), own)
