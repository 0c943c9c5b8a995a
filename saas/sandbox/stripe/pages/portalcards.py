"""Cards at the portal: adding one, choosing the default, removing one."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.sandbox.stripe.billing.portal.acts import (
    add_card,
    features_of,
    make_default,
    remove_card,
    subscriptions_of,
    use_card,
)
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.pages import cards
from saas.sandbox.stripe.pages.hosted import changing, hosted
from saas.sandbox.stripe.pages.portal import closed, done, session_of
from saas.sandbox.stripe.pages.site import store
from saas.sandbox.stripe.store import Object, Store

bp = hosted("portalcards", "/p/session/<id>/cards")
ASKED = "portal attempts"
ADDED = "Your card is saved and pays from now on."


@bp.route("/new", methods=["GET", "POST"])
def card(id: str) -> ResponseReturnValue:
    """Add a card, which becomes the one that pays."""
    with changing() as found:
        session = session_of(found, id)
        if not is_open(found, session):
            return closed(session)
        form = cards.CardForm(request.form, at=found.now(session["customer"]))
        if request.method == "GET" or not form.validate():
            return _page(session, form, 422 if form.errors else 200)
        return _add(found, session, form, form.typed())


@bp.get("/authenticate")
def ask(id: str) -> ResponseReturnValue:
    """The question of the bank."""
    with store().lock:
        session_of(store(), id)
        if id not in store().note(ASKED):
            return redirect(url_for(".card", id=id), 303)
        return render_template("stripe/hosted/ask.html", amount=0, currency="")


@bp.post("/authenticate")
def answer(id: str) -> ResponseReturnValue:
    """Complete or fail the authentication."""
    with changing() as found:
        session, typed = session_of(found, id), found.note(ASKED).pop(id, None)
        if typed is None:
            return redirect(url_for(".card", id=id), 303)
        known = {name: typed[name] for name in ("name", "country")}
        form = cards.CardForm(None, at=found.now(session["customer"]), data=known)
        return _add(found, session, form, typed, authenticated=request.form.get("outcome") == "complete")


@bp.post("/<card>/default")
def default(id: str, card: str) -> ResponseReturnValue:
    """Let a card pay from now on."""
    with changing() as found:
        session = session_of(found, id)
        if not is_open(found, session):
            return closed(session)
        return done(found, session, lambda: _let_pay(found, session, card), "This card pays from now on.")


@bp.post("/<card>/remove")
def remove(id: str, card: str) -> ResponseReturnValue:
    """Forget a card."""
    with changing() as found:
        session = session_of(found, id)
        if not is_open(found, session):
            return closed(session)
        return done(found, session, lambda: remove_card(found, session, card), "The card is removed.")


def is_open(found: Store, session: Object) -> bool:
    """Whether the configuration lets people change cards."""
    return bool(features_of(found, session)["payment_method_update"]["enabled"])


def _add(found: Store, session: Object, form: cards.CardForm, typed: cards.Typed, **more: Any) -> ResponseReturnValue:
    method = cards.add_card(found, typed)["id"]
    try:
        status = add_card(found, session, method, **more)
    except Fault as fault:
        if fault.status != 402:
            raise
        cards.drop_card(found, method)
        return _page(session, form, 402, str(fault))
    if status == "requires_action":
        cards.drop_card(found, method)
        found.note(ASKED)[session["id"]] = typed
        return redirect(url_for(".ask", id=session["id"]), 303)
    return done(found, session, lambda: _let_pay(found, session, method), ADDED)


def _let_pay(found: Store, session: Object, card: str) -> None:
    """Make a card the default, and the card of the subscriptions, which have one of their own."""
    make_default(found, session, card)
    for subscription in subscriptions_of(found, session):
        use_card(found, session, subscription, card)


def _page(session: Object, form: cards.CardForm, status: int, declined: str | None = None) -> ResponseReturnValue:
    page = render_template("stripe/hosted/card.html", session=session, form=form, declined=declined, hints=cards.HINTS)
    return page, status
