"""The newest head of each chain, kept among the files of the deployment as well.

A database that is set back to an earlier state, or a backup of it, holds an earlier head with a signature that is good. The
file tells that there was a later one. It is written after the sealing was committed, so it can be behind the database, for
which a kill is enough, but never ahead of it; and only over a head that the chain passes through, so that sealing on
does not hide what happened. It lies in the tenant's folder and goes with it.
"""

from typing import NamedTuple
from uuid import UUID

import psycopg
import structlog

from saas.audit.chains import Head, get_head, get_seal, get_start
from saas.audit.keeping import Log, keeping
from saas.audit.module import HEAD_ACCEPTED
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.errors import Conflict, NotFound, first_line
from saas.core.runtime import runtime
from saas.tenancy.queries import get_tenant
from saas.tenancy.recording import record_about
from saas.tenancy.scope import platform_work

log = structlog.get_logger()

NAME = "audit/head"
"""What the file is called in a tenant's folder; it holds POSITION:SEAL in one line, as mails show it."""


class Kept(NamedTuple):
    """A position and its seal as they were kept; a file that nobody can read keeps position -1."""

    position: int
    seal: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.seal.hex()}"


def get_kept(one: Log) -> Kept | None:
    """The head that is kept outside the database; None where none was kept. Raises FilesUnavailable when that cannot be told."""
    try:
        position, _, seal = runtime().storage.get(one.tenant_id, NAME).decode().strip().partition(":")
        return Kept(int(position), bytes.fromhex(seal))
    except NotFound:
        return None
    except ValueError as error:
        log.error("audit_head_unreadable", log=one.key, error=first_line(error))
        return Kept(-1, b"")


def kept_fault(connection: psycopg.Connection, one: Log, kept: Kept | None, head: Head | None) -> str:
    """Why a chain does not lead on from the head that was kept of it before the chain was looked at; empty when it does."""
    if kept is None:
        return ""
    if kept.position < 0:
        return "The head that is kept outside the database cannot be read."
    if head is None or head.position < kept.position:
        end = f"its chain ends at position {head.position}" if head else "it knows of no chain"
        return f"The database was set back: {end}, but a seal at position {kept.position} was kept outside it."
    if kept.position < get_start(connection, one).position or get_seal(connection, one, kept.position) == kept.seal:
        return ""
    return (
        f"The seal at position {kept.position} is not the one that was kept outside the database: the chain was written"
        " anew, or the database was set back and went on."
    )


def keep_head(connection: psycopg.Connection, one: Log) -> None:
    """Keep the head as it stands in the database, unless the chain does not lead there from the one that is kept.

    Files that cannot be reached must not hinder sealing.
    """
    try:
        _keep_head(connection, one)
    except OSError as error:
        log.error("audit_head_not_kept", log=one.key, error=first_line(error))


def _keep_head(connection: psycopg.Connection, one: Log) -> None:
    kept = get_kept(one)
    with keeping(connection, "sealer"):
        head = get_head(connection, one)
        fault = kept_fault(connection, one, kept, head)
    if fault:
        log.error("audit_head_not_kept", log=one.key, error=fault)
    elif head is not None and head.position > (kept.position if kept else 0):
        _write(one, head)


def accept_head(connection: psycopg.Connection, one: Log, *, actor: Actor) -> Kept:
    """Keep the head as it stands in the database though the chain does not lead there: a backup was put back on purpose.

    The operators' log tells, and the organisation's own. Raises Conflict when there is nothing to accept.
    """
    kept = get_kept(one)
    with keeping(connection, "sealer"):
        head = get_head(connection, one)
        fault = kept_fault(connection, one, kept, head)
    if not fault and not (head and head.position < head.verified_to):
        raise Conflict(f"The chain of {one.key} leads on from the head that was kept: there is nothing to accept.")
    found = Kept(head.position, bytes(head.seal)) if head else None
    _record(one, actor, kept=str(kept or ""), found=str(found or ""))
    with keeping(connection, "sealer"):
        reset = "UPDATE platform.audit_heads SET verified_to = least(verified_to, position), fault = '' WHERE tenant_id = %s"
        connection.execute(reset, [one.tenant_id])
    if head is None:
        forget_head(one.tenant_id)
    else:
        _write(one, head)
    return found or Kept(0, b"")


def forget_head(tenant_id: UUID) -> None:
    """Keep no head of a log that is gone."""
    runtime().storage.delete(tenant_id, NAME)


def _write(one: Log, head: Head) -> None:
    runtime().storage.put(one.tenant_id, NAME, f"{Kept(head.position, bytes(head.seal))}\n".encode())


def _record(one: Log, actor: Actor, kept: str, found: str) -> None:
    with platform_work():
        if one.is_operators:
            target = Target("audit_log", one.tenant_id, one.key)
            record(HEAD_ACCEPTED, actor=actor, target=target, kept=kept, found=found)
        else:
            record_about(get_tenant(one.key), HEAD_ACCEPTED, actor=actor, kept=kept, found=found)
