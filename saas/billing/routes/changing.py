"""Changing, cancelling and resuming the subscription; the way to the payment provider's own pages."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.billing.facts import MONTHS
from saas.billing.forms import CancelForm
from saas.billing.models import BillingRequest, Subscription
from saas.billing.module import MANAGE
from saas.billing.operations.changing import (
    Quote,
    cancel,
    change_subscription,
    open_portal,
    quote_change,
    require_subscription,
    resume,
)
from saas.billing.operations.subscribing import Choice
from saas.billing.queries.subscriptions import get_subscription
from saas.billing.routes.blueprint import bp
from saas.billing.routes.subscribing import chosen
from saas.core.database import db
from saas.core.errors import DomainError, Invalid
from saas.plans.module import CHANGE
from saas.plans.offers import list_choices
from saas.tenancy.locales import locale_of
from saas.usage.queries import get_figures
from saas.web.access import even_suspended, requires
from saas.web.format import language
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


def to_wait(asked: BillingRequest) -> ResponseReturnValue:
    """To the page that waits until what was asked for is known here."""
    return redirect(url_for(".done", request=asked.id), code=303)


def or_back(act: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """What an act answers; where it is refused, back to billing with the reason; to the plans where the choice is."""
    try:
        return act()
    except DomainError as refusal:
        db.session.rollback()
        wrong = isinstance(refusal, Invalid)
        return redirect_with(refusal.message, "plans.index" if wrong else ".index", "warning" if wrong else "danger")


@bp.get("/change")
@even_suspended
@requires(CHANGE)
def change() -> ResponseReturnValue:
    """What another plan costs, to the cent, and what then does not fit."""

    def quote() -> ResponseReturnValue:
        choice = chosen()
        found = quote_change(choice, actor=current_actor())
        offers = list_choices(get_figures(), locale=locale_of(language()))
        fit = next((one for one in offers if one.offer.terms.plan == choice.plan), None)
        before = require_subscription()
        return render_template(
            "billing/change.html",
            choice=choice,
            terms=choice.terms,
            quote=found,
            fit=fit,
            before=before,
            next_at=_next_charge(before, choice, found),
        )

    return or_back(quote)


def _next_charge(before: Subscription, choice: Choice, quote: Quote) -> datetime | None:
    """When the whole price is charged next after a change: with the end of the period that runs, or of the one that begins now."""
    if before.status == "trialing":
        return before.trial_ends_at
    if quote.at_end or before.cycle == choice.cycle:
        return before.period_end
    return _after(datetime.fromtimestamp(quote.moment, UTC), MONTHS[choice.cycle])


def _after(at: datetime, months: int) -> datetime:
    """The same day so many months later, or the last one of a month that is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


@bp.post("/change")
@even_suspended
@requires(CHANGE)
def confirm_change() -> ResponseReturnValue:
    """Do what was quoted."""

    def act() -> ResponseReturnValue:
        choice = chosen()
        moment, due = (request.form.get(name, 0, type=int) for name in ("moment", "due"))
        return to_wait(change_subscription(choice, moment=moment, due=due, actor=current_actor()))

    return or_back(act)


@bp.route("/cancel", methods=["GET", "POST"])
@even_suspended
@requires(CHANGE)
def cancellation() -> ResponseReturnValue:
    """Why, and when it ends."""
    subscription = get_subscription()
    if subscription is None:
        return redirect_with("There is no subscription to cancel.", ".index", "info")
    form = CancelForm.of_request()
    if subscription.status == "trialing":
        form.of_trial()
    if form.submitted():
        try:
            at_once = form.when.data == "now"
            reason, comment = form.reason.data or "", form.comment.data or ""
            return to_wait(cancel(reason=reason, comment=comment, at_once=at_once, actor=current_actor()))
        except Invalid as error:
            form.refuse(error)
        except DomainError as refusal:
            db.session.rollback()
            return redirect_with(refusal.message, ".index", "danger")
    page = render_template("billing/cancel.html", form=form, subscription=subscription)
    return page, 422 if request.method == "POST" else 200


@bp.post("/resume")
@even_suspended
@requires(CHANGE)
def resumption() -> ResponseReturnValue:
    """Take a cancellation back."""

    return or_back(lambda: to_wait(resume(actor=current_actor())))


@bp.post("/portal")
@even_suspended
@requires(MANAGE)
def portal() -> ResponseReturnValue:
    """To the payment provider's page for cards and papers."""
    return or_back(lambda: redirect(open_portal(request.form.get("flow", ""), actor=current_actor()), code=303))
