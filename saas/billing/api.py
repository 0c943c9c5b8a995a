"""Billing for programs: the subscription, what a change costs, and invoices. Amounts are minor units of the currency."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.billing import schemas
from saas.billing.facts import moment, read_subscription
from saas.billing.gateway import Refused
from saas.billing.lines import Line, joined, name_of_line
from saas.billing.listing import asked_list
from saas.billing.models import BillingRequest, Invoice
from saas.billing.module import VIEW
from saas.billing.operations.changing import cancel, change_subscription, quote_change, resume
from saas.billing.operations.subscribing import begin_with_card, subscribe_with_card
from saas.billing.prices import plan_prices
from saas.billing.queries.invoices import SORTABLE, find_invoices, get_invoice
from saas.billing.queries.subscriptions import get_subscription
from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.plans.module import CHANGE
from saas.tenancy.entitlements import entitlements
from saas.tenancy.scope import platform_rights
from saas.web.access import even_suspended, requires
from saas.web.bodies import sent_json
from saas.web.format import language
from saas.web.pages import paginate
from saas.web.visit import current_actor

bp = Blueprint("billing_api", __name__, subdomain="tenant", url_prefix="/api/billing")
blueprints = (bp,)

_PLAIN = ("id", "status", "amount", "currency")
_MOMENTS = ("period_start", "period_end", "trial_ends_at", "cancel_at")
_NONE = dict.fromkeys((*_PLAIN, *_MOMENTS, "cycle", "next")) | {"status": "none"}


@bp.get("/subscription")
@even_suspended
@requires(VIEW)
def subscription() -> ResponseReturnValue:
    """The subscription that lives; without one the status is “none”, and the plan is what the organisation has."""
    found = get_subscription()
    if found is None:
        return jsonify({**_NONE, "plan": entitlements().terms.plan})
    return jsonify(_shown(found, found.plan, found.cycle, found.next))


def _shown(found: Any, plan: str, cycle: str, following: Mapping[str, Any]) -> dict[str, Any]:
    """A subscription as we mirror it, or as Stripe has just told it."""
    then = {"plan": following["plan"], "cycle": following["cycle"]} if "plan" in following else None
    return {
        "plan": plan,
        "cycle": cycle,
        **{name: getattr(found, name) for name in _PLAIN},
        **{name: _iso(getattr(found, name)) for name in _MOMENTS},
        "next": {**then, "at": _iso(moment(following["at"]))} if then else None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@bp.post("/subscription")
@even_suspended
@requires(CHANGE)
def subscribe() -> ResponseReturnValue:
    """Subscribe with a payment method: 201. The organisation has the plan as soon as Stripe's message is worked on."""
    given = schemas.read_fields(sent_json(), *schemas.CHOICE, "payment_method", "trial_days")
    choice, method = schemas.read_wish(given), schemas.read_method(given)
    days = schemas.read_whole(given, "trial_days", 0, _most_days()) if "trial_days" in given else None
    asked = begin_with_card(choice, method, trial_days=days, actor=current_actor())
    try:
        made = subscribe_with_card(asked.id)
    except Refused as refusal:
        if refusal.code == "resource_missing":
            raise Invalid("There is no such payment method.", field="payment_method") from refusal
        raise
    with platform_rights():
        facts = read_subscription(made, plan_prices())
    return jsonify(_shown(facts, choice.plan, choice.cycle, {})), 201, {"Location": url_for(".subscription")}


def _most_days() -> int:
    return settings().max_trial_days


@bp.post("/subscription/quote")
@even_suspended
@requires(CHANGE)
def quote() -> ResponseReturnValue:
    """What another plan costs as of now; ``moment`` and ``due`` are what the change wants to hear."""
    given = schemas.read_fields(sent_json(), *schemas.CHOICE)
    found = quote_change(schemas.read_wish(given), actor=current_actor())
    named = ("moment", "at_end", "due", "currency")
    return jsonify({**{name: getattr(found, name) for name in named}, "lines": [_line(line) for line in found.lines]})


@bp.post("/subscription/change")
@even_suspended
@requires(CHANGE)
def change() -> ResponseReturnValue:
    """Do what was quoted: 202."""
    given = schemas.read_fields(sent_json(), *schemas.CHOICE, "moment", "due")
    choice, (moment, due) = schemas.read_wish(given), schemas.read_quoted(given)
    return _taken(change_subscription(choice, moment=moment, due=due, actor=current_actor()))


@bp.post("/subscription/cancel")
@even_suspended
@requires(CHANGE)
def end() -> ResponseReturnValue:
    """Cancel at the end of what is paid, or ``at_once``: 202."""
    given = schemas.read_fields(sent_json(), "reason", "comment", "at_once")
    reason, at_once = schemas.read_text(given, "reason"), schemas.read_flag(given, "at_once")
    comment = schemas.read_text(given, "comment", longest=schemas.LONGEST_COMMENT)
    return _taken(cancel(reason=reason, comment=comment, at_once=at_once, actor=current_actor()))


@bp.post("/subscription/resume")
@even_suspended
@requires(CHANGE)
def go_on() -> ResponseReturnValue:
    """Take back a cancellation, or a change that waits: 202."""
    schemas.read_fields(sent_json() if request.get_data() else {})
    return _taken(resume(actor=current_actor()))


def _taken(asked: BillingRequest) -> ResponseReturnValue:
    """Stripe has done it; the subscription here follows within seconds."""
    return jsonify(id=str(asked.id), kind=asked.kind), 202, {"Location": url_for(".subscription")}


@bp.get("/invoices")
@even_suspended
@requires(VIEW)
def invoices() -> ResponseReturnValue:
    """Invoices, 25 a page; ``q``, ``status``, ``year``, ``sort`` and ``page`` mean what they mean on the page for people.
    A status or year that there cannot be is refused."""
    asked = asked_list()
    for name, words in asked.faults.items():
        raise Invalid(words, field=name)
    page = paginate(asked.listing.ordered(find_invoices(**asked.filters), SORTABLE), asked.listing.page)
    return jsonify(items=[_invoice(one) for one in page.items], page=page.page, pages=page.pages, total=page.total)


def _invoice(found: Invoice) -> dict[str, Any]:
    plain = ("id", "number", "status", "currency", "total", "paid", "due")
    moments = ("created_at", "due_at", "paid_at", "failed_at")
    return {name: getattr(found, name) for name in plain} | {name: _iso(getattr(found, name)) for name in moments}


@bp.get("/invoices/<invoice_id>")
@even_suspended
@requires(VIEW)
def invoice(invoice_id: str) -> ResponseReturnValue:
    """One invoice with its lines, taxes, payments and what was credited; moments of these are UTC seconds."""
    found = get_invoice(invoice_id)
    parts = ("subtotal", "discounts", "taxes", "payments", "credit_notes")
    lines = [_line(line) for line in joined(found.facts["lines"])]
    return jsonify({**_invoice(found), "lines": lines, **{name: found.facts.get(name) for name in parts}})


def _line(line: Line) -> dict[str, Any]:
    """A line with its name; what of it leads to the events is for the page."""
    return {**{name: line[name] for name in line if name != "charged"}, "name": name_of_line(line, language())}
