"""Billing at a glance: what the organisation has, what comes next, how it pays."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.billing.coming import get_coming
from saas.billing.deadlines import stops_ahead
from saas.billing.module import VIEW
from saas.billing.operations.cards import is_being_charged, was_declined
from saas.billing.operations.dunning import oldest_failing
from saas.billing.prices import other_cycle
from saas.billing.queries.invoices import list_newest
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.routes.blueprint import bp
from saas.core.clock import now
from saas.core.errors import DomainError
from saas.core.runtime import settings
from saas.plans.ways import cycle_to_buy
from saas.tenancy.entitlements import entitlements
from saas.tenancy.standing import get_standing
from saas.usage.budget import get_budget
from saas.usage.overview import get_overview
from saas.usage.periods import period_of
from saas.usage.queries import get_figure
from saas.usage.routes.overview import month_name
from saas.web.access import even_suspended, requires

NEWEST = 5


@bp.get("")
@even_suspended
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Plan, people, next invoice, payment method, what use costs so far, invoices, and what is owed: a page that asks whether that
    is paid meanwhile is loaded anew when it is."""
    owed = oldest_failing()
    if owed is None and request.headers.get("HX-Request"):
        return "", 200, {"HX-Refresh": "true"}
    terms, subscription, payer = entitlements().terms, get_subscription(), get_account()
    return render_template(
        "billing/index.html",
        terms=terms,
        subscription=subscription,
        other_cycle=other_cycle(subscription) if subscription else "",
        payer=payer,
        standing=get_standing(),
        owed=owed,
        stops_at=stops_ahead(owed) if owed else None,
        charging=is_being_charged(owed, payer.card) if owed and payer else False,
        declined=was_declined(owed.id, payer.card) if owed and payer else False,
        overview=get_overview(period_of(now())),
        month=month_name(period_of(now()).key),
        seats=get_figure("users") if "users" in terms.limits else None,
        budget=get_budget(),
        invoices=list_newest(NEWEST),
        online=settings().is_paid_online,
        cycle_to_buy=cycle_to_buy(terms.plan),
    )


@bp.get("/next")
@even_suspended
@requires(VIEW)
def coming() -> ResponseReturnValue:
    """The next invoice, asked of Stripe; a part of the overview, and a page for who works without JavaScript."""
    try:
        return render_template("billing/next.html", invoice=get_coming(), missing="")
    except DomainError as refusal:
        return render_template("billing/next.html", invoice=None, missing=refusal.message)
