"""The log itself: searching it, reading an entry, keeping searches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.audit import operations, queries
from saas.audit.forms import KeepForm
from saas.audit.module import VIEW
from saas.audit.routes.blueprint import bp
from saas.audit.search import PER_PAGE, Search, find
from saas.audit.sentences import KINDS, changes_in, events_by_module, facts_in, is_redacted
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.tenancy.locales import day_in
from saas.tenancy.names import is_uuid
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.unit import afterwards
from saas.web.visit import current_account, current_actor, current_entry

LABELS = {
    "who": "Who",
    "kind": "Kind",
    "event": "What",
    "target": "Object",
    "address": "Address",
    "impersonated": "In somebody’s name",
    "since": "From",
    "until": "To",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one page shows: entries by day, and the addresses of what comes before and after."""

    days: list[tuple[str, list[AuditEntry]]]
    newer: str | None
    older: str | None


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The log, newest entry first; every filter goes with every other and with free text."""
    search = Search.read(request.args)
    page = render_template(
        "audit/index.html",
        search=search,
        leaf=_leaf(search),
        filters=_chips(search),
        events=events_by_module(),
        kinds=KINDS,
        kept=queries.list_filters(current_account().id),
        chain=queries.get_chain(),
        form=KeepForm(),
        url=partial(_url, search),
    )
    afterwards(partial(operations.note_reading, current_actor()))
    return page


def _leaf(search: Search) -> Leaf:
    """The page that the address asks for; one entry more is read to know whether there is another page."""
    before, after = (_id(request.args.get(name, "")) for name in ("before", "after"))
    zone = current_entry().time_zone
    entries = list(find(search, zone=zone, before=None if after else before, after=after, limit=PER_PAGE + 1))
    more = len(entries) > PER_PAGE
    shown = entries[1:] if more and after else entries[:PER_PAGE]
    is_newer, is_older = (more, True) if after else (before is not None, more)
    return Leaf(
        _by_day(shown),
        _url(search, after=shown[0].id) if shown and is_newer else None,
        _url(search, before=shown[-1].id) if shown and is_older else None,
    )


def _id(text: str) -> UUID | None:
    return UUID(text) if is_uuid(text) else None


def _by_day(entries: Iterable[AuditEntry]) -> list[tuple[str, list[AuditEntry]]]:
    zone = ZoneInfo(current_entry().time_zone)
    return [
        (_day(day, now().astimezone(zone).date()), list(group))
        for day, group in groupby(entries, key=lambda entry: entry.at.astimezone(zone).date())
    ]


def _day(day: date, today: date) -> str:
    near = {0: "Today", 1: "Yesterday"}.get((today - day).days)
    written = day_in(current_entry().language, day, "long")
    return f"{near}, {written}" if near else written


def _url(search: Search, **changes: Any) -> str:
    """The address of a search with some of it changed; without a place in it, unless that is among the changes."""
    values = {name: str(value) for name, value in {**search.values, **changes}.items() if value}
    return url_for("audit.index") + (f"?{urlencode(values)}" if values else "")


def _chips(search: Search) -> list[dict[str, str]]:
    """The filters in force, each with the address of the same search without it."""
    return [
        {"label": label, "value": _told(name, search), "url": _url(search, **{name: ""})}
        for name, label in LABELS.items()
        if getattr(search, name)
    ]


def _told(name: str, search: Search) -> str:
    text: str = getattr(search, name)
    if name == "event":
        known = {event: words for module, label, events in events_by_module() for event, words in events}
        known |= {f"{module}.": f"{label}: anything" for module, label, _ in events_by_module()}
        return known.get(text, text)
    if name in ("who", "target") and is_uuid(text.rpartition(":")[2]):
        return f"{text.rpartition(':')[0] or 'somebody'} {text[-8:]}".replace("_", " ")
    return {"kind": KINDS.get(text, text), "impersonated": "yes"}.get(name, text)


@bp.get("/<uuid:entry_id>")
@requires(VIEW)
def show(entry_id: UUID) -> ResponseReturnValue:
    """One entry: who, from where, what it changed, and its seal. The list shows the same beside itself."""
    entry = queries.get_entry(entry_id)
    page = render_template(
        "audit/show.html",
        entry=entry,
        seal=queries.find_seal(entry_id),
        changes=changes_in(entry),
        facts=facts_in(entry),
        redacted=is_redacted(entry),
        fault=queries.find_fault(),
        breadcrumbs=[("Audit log", url_for(".index")), ("Entry", None)],
    )
    afterwards(partial(operations.note_reading, current_actor()))
    return page


@bp.post("/filters")
@requires(VIEW)
def keep() -> ResponseReturnValue:
    """Keep a search."""
    form, search = KeepForm.of_request(), Search.read(request.form)
    if form.submitted():
        try:
            operations.save_filter(name=form.name.data or "", search=search, actor=current_actor())
            flash("This search is kept.", "success")
            return redirect(_url(search), code=303)
        except Invalid as error:
            form.refuse(error)
    return render_template("audit/keep.html", form=form, search=search, url=partial(_url, search)), 422


@bp.post("/filters/<uuid:filter_id>/delete")
@requires(VIEW)
def forget(filter_id: UUID) -> ResponseReturnValue:
    """Keep a search no longer."""
    operations.delete_filter(filter_id, actor=current_actor())
    return redirect_with("The search is kept no longer.", ".index")
