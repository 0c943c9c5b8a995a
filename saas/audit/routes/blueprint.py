"""The blueprint, and what templates may ask of entries; other features' pages use it for the history of an object."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for

from saas.audit import queries, sentences
from saas.audit.module import EXPORT
from saas.core.audit import AuditEntry
from saas.core.runtime import runtime
from saas.tenancy.locales import time_in
from saas.web.visit import current_actor, current_entry

bp = Blueprint("audit", __name__, subdomain="tenant", url_prefix="/audit")
_ICONS = {"accounts": "user", "tenancy": "building"}
_PLAIN = "activity"

bp.app_template_global("audit_who")(sentences.who)
bp.app_template_global("audit_parts")(sentences.parts_of)
bp.app_template_global("audit_kind")(lambda kind: sentences.KINDS.get(kind, kind))


@bp.app_template_filter("clock")
def clock(moment: datetime) -> str:
    """The time of day in the organisation's time zone."""
    entry = current_entry()
    return time_in(entry.language, moment.astimezone(ZoneInfo(entry.time_zone)))


@bp.app_template_global("audit_history")
def history(kind: str, id: UUID | str) -> Sequence[AuditEntry]:
    """What was done to an object, newest first (``audit/history.html`` draws it)."""
    return queries.list_history(kind, id)


@bp.app_template_global("audit_icon")
def icon_of(event: str) -> str:
    """The icon of the feature that an event belongs to: the one it has in the menu."""
    feature = event.partition(".")[0]
    found = (item.icon for item in runtime().registry.navigation if item.endpoint.partition(".")[0] == feature)
    return next(found, _ICONS.get(feature, _PLAIN))


def tabs_of_page() -> list[dict[str, Any]]:
    """The sub-pages of the log that whoever looks may open."""
    pages = {"audit.index": "Log", "audit.exports": "Exports", "audit.checks": "Checks"}
    if not current_actor().can(EXPORT):
        del pages["audit.exports"]
    return [
        {"label": label, "url": url_for(endpoint), "active": request.endpoint == endpoint}
        for endpoint, label in pages.items()
    ]


bp.context_processor(lambda: {"tabs_of_page": tabs_of_page})
