"""From a plan to Stripe's checkout and back."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.billing.models import BillingRequest
from saas.billing.module import VIEW
from saas.billing.offers import get_offer
from saas.billing.operations.requests import ask_for_look, is_seen
from saas.billing.operations.subscribing import Choice, begin_checkout, open_checkout, read_choice, when_charged
from saas.billing.queries.subscriptions import find_request, get_subscription
from saas.billing.routes.blueprint import bp
from saas.catalogue.current import catalogue
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import DomainError, Invalid
from saas.plans.module import CHANGE
from saas.tenancy.names import is_uuid
from saas.web.access import even_suspended, requires
from saas.web.pages import redirect_with
from saas.web.unit import afterwards
from saas.web.visit import current_actor

ASK_AFTER = 5
"""Seconds after which Stripe is asked without waiting for its message any longer."""
PATIENCE = 30
"""Seconds after which a page that waits says that it takes longer than usual."""


@bp.route("/subscribe", methods=["GET", "POST"])
@even_suspended
@requires(CHANGE)
def subscribe() -> ResponseReturnValue:
    """What a plan costs and when it is charged first; then to the payment provider's page."""
    try:
        choice = chosen()
    except Invalid as refusal:
        return redirect_with(refusal.message, "plans.index", "warning")
    if get_subscription() is not None:
        return redirect_with(
            "There is a subscription already: this is what a change costs.", ".change", "info", **_asked()
        )
    if request.method == "POST":
        return _go(choice)
    return render_template("billing/subscribe.html", choice=choice, terms=choice.terms, charged_at=when_charged(choice))


def chosen() -> Choice:
    """The plan and cycle, or the offer, that the address or the form names; raises Invalid."""
    asked = _asked()
    if "offer" not in asked and asked["plan"] not in catalogue().plans:
        raise Invalid(
            "This plan is not on sale. Choose one of these." if asked["plan"] else "Choose a plan first.", field="plan"
        )
    return read_choice(**asked)


def _asked() -> dict[str, str]:
    offer = request.values.get("offer", "")
    plan = {"plan": request.values.get("plan", ""), "cycle": request.values.get("cycle", "month")}
    return {**plan, "offer": offer} if offer else plan


def _go(choice: Choice) -> ResponseReturnValue:
    try:
        wanted = begin_checkout(choice, actor=current_actor())
        return redirect(open_checkout(wanted.id), code=303)
    except DomainError as refusal:
        db.session.rollback()
        return redirect_with(refusal.message, ".subscribe", "danger", **_asked())


@bp.get("/done")
@even_suspended
@requires(VIEW)
def done() -> ResponseReturnValue:
    """Where people come back to after paying: the page waits until what they did is known here, and then says so."""
    asked = request.args.get("request", "")
    wanted = find_request(UUID(asked)) if is_uuid(asked) else None
    if wanted is None:
        return redirect_with(
            "We know of no payment that was begun there. What we know of is told here.", ".index", "info"
        )
    if get_subscription() is not None if wanted.kind in _BEGINS else is_seen(wanted):
        return redirect_with(_DONE.get(wanted.kind, "It is done."), ".index")
    waited = (now() - wanted.created_at).total_seconds()
    if waited > ASK_AFTER:
        afterwards(ask_for_look)
    over = wanted.expires_at is not None and wanted.expires_at < now()
    page = render_template("billing/wait.html", late=waited > PATIENCE, over=over, wanted=wanted, back=_back_to(wanted))
    return page, 200, {} if over else {"Refresh": "10" if waited > PATIENCE else "1"}


def _back_to(wanted: BillingRequest) -> str:
    """Where whoever has not paid goes on; nowhere, where that was no page of payment."""
    if wanted.kind != "checkout":
        return ""
    offer, facts = get_offer(), wanted.facts
    if offer is not None and offer.price == facts["price"]:
        return url_for(".subscribe", offer=offer.price)
    return url_for(".subscribe", plan=facts["plan"], cycle=facts["cycle"])


_BEGINS = ("checkout", "subscribe")
_DONE = {
    "checkout": "Thank you. The subscription has begun.",
    "subscribe": "Thank you. The subscription has begun.",
    "change": "Done. What holds now, and what holds next, is told below.",
    "cancel": "The cancellation has arrived. When it ends is told below.",
    "resume": "The subscription goes on.",
    "pay": "The payment is on its way.",
}
