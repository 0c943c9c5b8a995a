"""Subscriptions at the portal: another plan, cancelling, taking that back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe.billing.portal.acts import (
    cancel_plan,
    change_plan,
    choices,
    features_of,
    is_later,
    keep_plan,
    preview_change,
)
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.pages.hosted import changing, hosted
from saas.sandbox.stripe.pages.portal import closed, done, session_of
from saas.sandbox.stripe.store import Object, Store

bp = hosted("portalplans", "/p/session/<id>/subscriptions/<subscription>")
REASONS = {
    "too_expensive": "It is too expensive",
    "missing_features": "Something that I need is missing",
    "switched_service": "I use something else now",
    "unused": "I do not use it enough",
    "customer_service": "I was not helped well",
    "too_complex": "It is too complicated",
    "low_quality": "It is not good enough",
    "other": "Something else",
}


@bp.route("/cancel", methods=["GET", "POST"])
def cancel(id: str, subscription: str) -> ResponseReturnValue:
    """Cancel, after a look at what that means."""
    with changing() as found:
        session, plan = session_of(found, id), _own(found, id, subscription)
        feature = features_of(found, session)["subscription_cancel"]
        if not feature["enabled"]:
            return closed(session)
        reasons = feature["cancellation_reason"]
        if request.method == "GET":
            named = {name: REASONS[name] for name in reasons["options"]} if reasons["enabled"] else {}
            at_end = feature["mode"] == "at_period_end"
            return _page("cancel", session, plan, found, reasons=named, at_end=at_end)
        given, comment = request.form.get("reason", ""), request.form.get("comment", "")[:1000]
        feedback = given if given in reasons["options"] else ""
        words = "Your subscription is cancelled."
        return done(
            found, session, lambda: cancel_plan(found, session, plan, feedback=feedback, comment=comment), words
        )


@bp.post("/resume")
def resume(id: str, subscription: str) -> ResponseReturnValue:
    """Take a cancellation back."""
    with changing() as found:
        session, plan = session_of(found, id), _own(found, id, subscription)
        if not features_of(found, session)["subscription_cancel"]["enabled"]:
            return closed(session)
        return done(found, session, lambda: keep_plan(found, session, plan), "Your subscription goes on.")


@bp.get("/update")
def update(id: str, subscription: str) -> ResponseReturnValue:
    """The plans that can be had instead."""
    with changing() as found:
        session, plan = session_of(found, id), _own(found, id, subscription)
        if not features_of(found, session)["subscription_update"]["enabled"]:
            return closed(session)
        offers = [
            {"price": it, "product": found.get("product", it["product"])["name"]} for it in choices(found, session)
        ]
        return _page("update", session, plan, found, offers=offers)


@bp.route("/confirm", methods=["GET", "POST"])
def confirm(id: str, subscription: str) -> ResponseReturnValue:
    """Change the plan, after a look at what that costs."""
    with changing() as found:
        session, plan = session_of(found, id), _own(found, id, subscription)
        if not features_of(found, session)["subscription_update"]["enabled"]:
            return closed(session)
        price, quantity = request.values.get("price", ""), _number(request.values.get("quantity", ""))
        if request.method == "POST":
            return done(
                found, session, lambda: change_plan(found, session, plan, price, quantity), "Your plan is changed."
            )
        try:
            invoice = preview_change(found, session, plan, price, quantity)
        except Fault as fault:
            flash(str(fault), "danger")
            return redirect(url_for(".update", id=id, subscription=subscription), 303)
        later = is_later(found, session, plan, price, quantity)
        wanted = found.get("price", price)
        product = found.get("product", wanted["product"])["name"]
        return _page(
            "confirm", session, plan, found,
            invoice=invoice, later=later, wanted=wanted, product=product, quantity=quantity,
        )  # fmt: skip


def _own(found: Store, id: str, subscription: str) -> Object:
    """A subscription of the session's customer; raises Fault 404."""
    plan = found.get("subscription", subscription)
    if plan["customer"] != session_of(found, id)["customer"]:
        return found.get("subscription", "")
    return plan


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _page(name: str, session: Object, plan: Object, found: Store, **more: object) -> str:
    item = plan["items"]["data"][0]
    current = found.get("product", item["price"]["product"])["name"]
    return render_template(f"stripe/hosted/{name}.html", session=session, plan=plan, item=item, current=current, **more)
