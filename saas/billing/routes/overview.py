"""Billing at a glance: what the organisation has, what comes next, how it pays."""

from flask import render_template
from flask.typing import ResponseReturnValue

from saas.billing.coming import get_coming
from saas.billing.emails import days_until_stop
from saas.billing.module import VIEW
from saas.billing.operations.dunning import oldest_failing
from saas.billing.prices import other_cycle
from saas.billing.queries.invoices import list_newest
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.routes.blueprint import bp
from saas.core.clock import now
from saas.core.errors import DomainError
from saas.core.runtime import settings
from saas.tenancy.entitlements import entitlements
from saas.tenancy.standing import get_standing
from saas.usage.budget import get_budget
from saas.usage.overview import get_overview
from saas.usage.periods import period_of
from saas.usage.queries import get_figure
from saas.web.access import even_suspended, requires

NEWEST = 5


@bp.get("")
@even_suspended
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Plan, people, next invoice, payment method, what use costs so far, invoices, and what is owed."""
    owed, overview = oldest_failing(), get_overview(period_of(now()))
    terms, subscription = entitlements().terms, get_subscription()
    return render_template(
        "billing/index.html",
        terms=terms,
        subscription=subscription,
        other_cycle=other_cycle(subscription) if subscription else "",
        payer=get_account(),
        standing=get_standing(),
        owed=owed,
        days_left=days_until_stop(owed) if owed else None,
        overview=overview,
        seats=get_figure("users") if "users" in terms.limits else None,
        budget=get_budget(),
        invoices=list_newest(NEWEST),
        online=settings().is_paid_online,
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
