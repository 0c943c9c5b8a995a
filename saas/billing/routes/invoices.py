"""Invoices: the list, one of them with all that happened to it, and paying it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from saas.audit.queries import list_history
from saas.billing.lines import Line, days_of, joined
from saas.billing.listing import asked_list
from saas.billing.module import MANAGE, VIEW
from saas.billing.money import major_units
from saas.billing.operations.changing import pay
from saas.billing.queries.invoices import SORTABLE, STATUSES, find_invoices, get_invoice, list_years
from saas.billing.routes.blueprint import bp
from saas.billing.routes.changing import or_back, to_wait
from saas.billing.timeline import happened
from saas.usage.module import COSTS
from saas.web.access import even_suspended, requires
from saas.web.csv import csv_response
from saas.web.pages import paginate
from saas.web.visit import current_actor, current_entry

_HEAD = ("Number", "Date (UTC)", "Status", "Total", "Paid", "Due", "Currency", "Due on", "Paid on", "Id")


@bp.app_template_filter("moment")
def moment(seconds: int) -> datetime:
    """Stripe's seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


@bp.get("/invoices")
@even_suspended
@requires(VIEW)
def invoices() -> ResponseReturnValue:
    """All invoices, newest first."""
    asked = asked_list()
    query = asked.listing.ordered(find_invoices(**asked.filters), SORTABLE)
    return render_template(
        "billing/invoices.html",
        page=paginate(query, asked.listing.page),
        listing=asked.listing,
        statuses=STATUSES,
        filters=asked.filters,
        wanted=asked.given,
        faults=asked.faults,
        year_options=[(str(one), str(one)) for one in list_years()],
    )


@bp.get("/invoices.csv")
@even_suspended
@requires(VIEW)
def export_csv() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; days in UTC."""
    asked = asked_list()
    query = find_invoices(**asked.filters)

    def batches() -> Iterator[list[Sequence[Any]]]:
        for batch in asked.listing.batches(query, SORTABLE):
            yield [_row(invoice) for invoice in batch]

    return csv_response("invoices.csv", _HEAD, batches, current_entry())


def _row(invoice: Any) -> Sequence[Any]:
    sums = [major_units(units, invoice.currency) for units in (invoice.total, invoice.paid, invoice.due)]
    days = [at.date().isoformat() if at else "" for at in (invoice.due_at, invoice.paid_at)]
    created = invoice.created_at.date().isoformat()
    return [
        invoice.number,
        created,
        STATUSES.get(invoice.status, invoice.status),
        *sums,
        invoice.currency,
        *days,
        invoice.id,
    ]


@bp.get("/invoices/<invoice_id>")
@even_suspended
@requires(VIEW)
def invoice(invoice_id: str) -> ResponseReturnValue:
    """One invoice: its lines, payments, what was credited, and what happened when."""
    found = get_invoice(invoice_id)
    return render_template(
        "billing/invoice.html",
        invoice=found,
        facts=found.facts,
        lines=joined(found.facts["lines"]),
        statuses=STATUSES,
        timeline=happened(found, list_history("invoice", found.id)),
        events_of=_events_of,
    )


def _events_of(line: Line) -> str | None:
    """Where the events behind a line of use are, for those who may see what things cost."""
    if line.get("kind") != "use" or not current_actor().can(COSTS):
        return None
    if charged := line.get("charged"):
        return url_for("usage.events", meter=line["sells"], charged=charged)
    since, until = days_of(line)
    return url_for("usage.events", meter=line["sells"], since=since.isoformat(), until=until.isoformat())


@bp.post("/invoices/<invoice_id>/pay")
@even_suspended
@requires(MANAGE)
def pay_now(invoice_id: str) -> ResponseReturnValue:
    """Charge it once more to the card that is on file."""
    found = get_invoice(invoice_id)
    return or_back(lambda: to_wait(pay(found.id, label=found.number or found.id, actor=current_actor())))
