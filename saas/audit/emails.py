"""Mail about the log of the tenant in scope."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from saas.audit.signing import public_key
from saas.core.clock import now
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import Entry, directory
from saas.tenancy.locales import day_in, time_in


def send_head(addresses: Iterable[str], *, position: int, seal: str, sealed_at: datetime) -> None:
    """The newest seal of the chain, for somebody to keep outside the platform."""
    for address in addresses:
        facts = {"position": position, "seal": seal, "key": public_key().hex()}
        _send("audit_head", address, "/audit/checks", sealed_at, **facts)


def send_alarm(addresses: Iterable[str], *, fault: str) -> None:
    """That a check found the log other than it was written."""
    for address in addresses:
        _send("audit_alarm", address, "/audit/checks", now(), fault=fault)


def send_export(address: str, *, entries: int, expires_at: datetime) -> None:
    """That an export is ready, and until when."""
    _send("audit_export", address, "/audit/exports", expires_at, entries=entries)


def _send(message: str, address: str, path: str, moment: datetime, **facts: Any) -> None:
    entry = directory.by_id(current_tenant_id())
    assert entry is not None
    mail = render_mail(
        message,
        to=address,
        organisation=entry,
        support_address=entry.support_address or settings().support_address,
        link=settings().public_url(entry.host, path),
        at=_written(moment, entry),
        day=day_in(entry.language, now().astimezone(ZoneInfo(entry.time_zone)).date(), "long"),
        **facts,
    )
    runtime().postbox.enqueue(mail)


def _written(moment: datetime, entry: Entry) -> str:
    here = moment.astimezone(ZoneInfo(entry.time_zone))
    return f"{day_in(entry.language, here.date(), 'long')}, {time_in(entry.language, here)} ({entry.time_zone})"
