"""What is done with logs later. Sealing and the night's work belong to the platform, the rest to the tenant in scope."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import select, text

from saas.audit.emails import send_alarm, send_export, send_head
from saas.audit.exporting import Part, part_name, write_part
from saas.audit.keeping import Log, keeping
from saas.audit.models import AuditExport
from saas.audit.module import BROKEN
from saas.audit.nightly import keep_all, seal_busy
from saas.audit.operations import EXPORT_JOB, UNDER_WAY, VERIFY_JOB
from saas.audit.queries import find_fault, get_chain, own_log
from saas.audit.sealing import seal
from saas.audit.verifying import Fault, Verdict, note_verdict, readers, verify
from saas.core.actor import SYSTEM
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue, job
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.queries import own_tenant

log = structlog.get_logger()

EXPORT_KEPT = timedelta(days=7)
GIVEN_UP = timedelta(days=1)
LONG = 3600
_OWNERS = text("SELECT email FROM users WHERE role = 'owner' AND is_active ORDER BY email")
_PERSON = text("SELECT email FROM users WHERE id = :id AND is_active")


@job("audit.seal", cron="* * * * *", unscoped=True)
def seal_entries() -> None:
    """Seal what was written since the last time."""
    seal_busy()


@job("audit.keep", cron="23 2 * * *", unscoped=True)
def keep_logs() -> None:
    """The night's work for every log."""
    keep_all()


@job(VERIFY_JOB, retries=1, seconds=LONG)
def verify_log() -> None:
    """Seal and check the log as its keeper; the result and, meanwhile, how far it is are kept beside the head."""
    _check()


@job("audit.weekly", cron="41 3 * * 6", each_tenant=True, retries=1, seconds=LONG)
def verify_weekly() -> None:
    """Check every log once a week, asked or not."""
    _check()


def _check() -> None:
    known, fault = find_fault(), _verify(own_log()).fault
    if fault and fault.sentence != known:
        _sound_alarm(fault)


def _verify(own: Log) -> Verdict:
    try:
        with owner_connection() as noting:
            seal(noting, own)
            with readers(own) as reading:
                verdict = verify(reading, own, progress=lambda done, _total: _note_progress(noting, own, done))
            note_verdict(noting, verdict)
    except BaseException:
        with suppress(psycopg.Error), owner_connection() as noting:
            _note_progress(noting, own, None)
        raise
    if verdict.fault:
        log.error("audit_log_broken", position=verdict.fault.position, fault=verdict.fault.sentence)
    return verdict


def _sound_alarm(fault: Fault) -> None:
    """Tell of a fault that was not known: in the log itself, and by mail to the owners and whoever gets the daily seal."""
    record(BROKEN, actor=SYSTEM, fault=fault.sentence, position=fault.position)
    send_alarm(dict.fromkeys([*db.session.scalars(_OWNERS), *get_chain().mails]), fault=fault.sentence)


def _note_progress(connection: psycopg.Connection, own: Log, done: int | None) -> None:
    with keeping(connection, "sealer"):
        connection.execute("UPDATE platform.audit_heads SET checked = %s WHERE tenant_id = %s", [done, own.tenant_id])


@job(EXPORT_JOB)
def write_export(*, export_id: str) -> None:
    """Write the next part of an export and leave the rest to the next job."""
    export, own = db.session.get(AuditExport, UUID(export_id)), own_log()
    if export is None or export.status not in UNDER_WAY:
        return
    if not export.reached:
        with owner_connection() as connection:
            seal(connection, own)
    export.status = "running"
    _keep(export, write_part(export, own, zone=own_tenant().time_zone))
    if export.status == "running":
        enqueue(EXPORT_JOB, export_id=export_id)


def _keep(export: AuditExport, part: Part) -> None:
    if part.first:
        export.parts = export.size = 0
    runtime().storage.put(current_tenant_id(), part_name(export, export.parts), part.content)
    export.parts, export.size = export.parts + 1, export.size + len(part.content)
    if part.last:
        export.status, export.finished_at, export.expires_at = "ready", now(), now() + EXPORT_KEPT
        if address := db.session.scalar(_PERSON, {"id": export.user_id}):
            send_export(address, entries=export.rows, expires_at=export.expires_at)


@job("audit.daily", cron="31 5 * * *", each_tenant=True)
def look_after() -> None:
    """Mail the newest seal to whom the organisation named, and let old exports go."""
    chain = get_chain()
    if chain.head is not None and chain.mails:
        head = chain.head
        send_head(chain.mails, position=head.position, seal=head.hash.hex(), sealed_at=head.sealed_at)
    for export in db.session.scalars(select(AuditExport).where(AuditExport.status.in_((*UNDER_WAY, "ready")))):
        _let_go(export)


def _let_go(export: AuditExport) -> None:
    if export.status in UNDER_WAY and export.created_at < now() - GIVEN_UP:
        export.status = "failed"
    elif export.expires_at is not None and export.expires_at <= now():
        export.status = "expired"
    else:
        return
    for number in range(export.parts):
        runtime().storage.delete(current_tenant_id(), part_name(export, number))
