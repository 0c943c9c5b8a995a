"""What the hosted checkout page does: redeem a code, pay or set a card up, and send the customer back."""

from dataclasses import dataclass
from typing import Any

from saas.sandbox.stripe import payments
from saas.sandbox.stripe.billing.checkout.sums import needs_card, reckon_session
from saas.sandbox.stripe.billing.creating import create_subscription
from saas.sandbox.stripe.billing.discounts import coupon_of
from saas.sandbox.stripe.billing.objects import undone_on_fault
from saas.sandbox.stripe.billing.paying import intent_of
from saas.sandbox.stripe.cards import card_of, refusal
from saas.sandbox.stripe.customers import create_customer
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import Fault, card_error, invalid
from saas.sandbox.stripe.methods import attach, take
from saas.sandbox.stripe.routes import Call
from saas.sandbox.stripe.setups import add_setup, authenticate_setup, confirm
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.taxids import add_tax_id

NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How completing a session went: ``complete`` (go to `url`), ``requires_action`` or ``declined`` (see `message`)."""

    status: str
    url: str | None = None
    message: str | None = None


def complete(
    store: Store,
    session: Object,
    card: str | None,
    *,
    details: dict[str, Any] | None = None,
    authenticated: bool | None = None,
) -> Outcome:
    """Complete a session with a card (a payment method's id, or a test one such as ``pm_card_visa``; None if none is needed).

    A card whose holder must authenticate gives ``requires_action``; call again with `authenticated`. `details` are the
    customer's ``email``, ``name``, ``address``, ``phone`` and ``tax_id`` (type, value). What is declined leaves nothing behind;
    look the session up again afterwards.
    """
    if session["status"] != "open":
        raise invalid(f"This checkout session is {session['status']}.")
    if card is None and needs_card(session):
        raise invalid("Please give a card.", "payment_method", "parameter_missing")
    try:
        with undone_on_fault(store, session["customer"]):
            method = take(store, card) if card else None
            if method and card_of(method).asks in ("always", "unless_set_up") and not authenticated:
                return _ask(store, method, authenticated)
            _finish(store, session, method, details or {})
    except Fault as fault:
        if fault.status != 402:
            raise
        return Outcome("declined", message=str(fault))
    done = store.get("checkout.session", session["id"])
    return Outcome("complete", url=return_address(done))


def redeem_code(store: Store, session: Object, text: str) -> None:
    """Apply the promotion code that the customer typed; raises Fault if there is none such, or it cannot be redeemed."""
    if not session["allow_promotion_codes"]:
        raise invalid("This checkout session takes no promotion codes.")
    found = [it for it in store.find("promotion_code", active=True) if it["code"].upper() == text.strip().upper()]
    if not found:
        raise invalid("This code is invalid.", "promotion_code")
    coupon_of(store, {"promotion_code": found[0]["id"]}, session["customer"])
    session["discounts"] = [{"coupon": None, "promotion_code": found[0]["id"]}]
    reckon_session(store, session)


def drop_code(store: Store, session: Object) -> None:
    """Take the promotion code away again."""
    if session["allow_promotion_codes"]:
        session["discounts"] = []
        reckon_session(store, session)


def return_address(session: Object) -> str:
    """Where the customer goes afterwards."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _ask(store: Store, method: Object, authenticated: bool | None) -> Outcome:
    if authenticated is None:
        return Outcome("requires_action")
    return Outcome("declined", message=NOT_AUTHENTICATED)


def _finish(store: Store, session: Object, method: Object | None, details: dict[str, Any]) -> None:
    session = store.get("checkout.session", session["id"])
    customer = _customer(store, session, details)
    if session["mode"] == "setup":
        _set_up(store, session, customer, method)
    else:
        _subscribe(store, session, customer, method)
    shown = {name: customer[name] for name in ("address", "email", "name", "phone", "tax_exempt")}
    tax_ids = [{"type": it["type"], "value": it["value"]} for it in store.find("tax_id", customer=customer["id"])]
    session.update(status="complete", url=None, customer=customer["id"], customer_details=shown | {"tax_ids": tax_ids})
    store.emit("checkout.session.completed", session)


def _customer(store: Store, session: Object, details: dict[str, Any]) -> Object:
    """The session's customer, or a new one, with what was typed where that is to be kept."""
    email = details.get("email") or session["customer_email"]
    known = session["customer"] is not None
    customer = (
        store.get("customer", session["customer"])
        if known
        else create_customer(Call(store, {"email": email} if email else {}))
    )
    typed = {name: details[name] for name in ("address", "name", "phone") if details.get(name)}
    if known:
        kept = session["_customer_update"]
        typed = {name: value for name, value in typed.items() if kept.get(name) == "auto"}
    if typed:
        before = store.copy_of(customer)
        change(customer, typed)
        store.emit("customer.updated", customer, before)
    if details.get("tax_id"):
        add_tax_id(store, customer, **details["tax_id"])
    return customer


def _set_up(store: Store, session: Object, customer: Object, method: Object | None) -> None:
    assert method is not None
    setup = store.get("setup_intent", session["setup_intent"])
    setup.update(customer=customer["id"], payment_method=method["id"])
    _confirm(store, setup)


def _confirm(store: Store, setup: Object) -> None:
    if confirm(store, setup)["status"] == "requires_action":
        authenticate_setup(store, setup, succeeds=True)


def _subscribe(store: Store, session: Object, customer: Object, method: Object | None) -> None:
    if method is not None:
        _keep(store, session, customer, method)
    items = [
        {"price": row["price"]["id"]} | ({} if row["quantity"] is None else {"quantity": row["quantity"]})
        for row in session["_rows"]
    ]
    discounts = [{name: it for name, it in entry.items() if it} for entry in session["discounts"]]
    values = session["_subscription_data"] | {"customer": customer["id"], "items": items, "discounts": discounts}
    if method is not None:
        values["default_payment_method"] = method["id"]
    made = create_subscription(store, values, on_session=True)
    invoice = store.get("invoice", made["latest_invoice"]) if made["latest_invoice"] else None
    _authenticate(store, made, invoice)
    paid = invoice is not None and invoice["amount_due"] > 0
    session.update(
        subscription=made["id"],
        invoice=invoice and invoice["id"],
        payment_status="paid" if paid else "no_payment_required",
    )


def _keep(store: Store, session: Object, customer: Object, method: Object) -> None:
    """Attach the card; where nothing is charged now, set it up for later."""
    attach(store, method, customer["id"])
    if not session["amount_total"]:
        _confirm(store, add_setup(store, customer=customer["id"], payment_method=method["id"]))


def _authenticate(store: Store, subscription: Object, invoice: Object | None) -> None:
    """The holder of the card has authenticated; raises Fault 402 if the card is declined all the same."""
    if invoice is None or subscription["status"] != "incomplete":
        return
    intent = intent_of(store, invoice)
    assert intent is not None
    if intent["status"] == "requires_action":
        payments.authenticate(store, intent, succeeds=True)
    if intent["status"] != "succeeded":
        error = intent["last_payment_error"]
        reason = error.get("decline_code")
        raise refusal(reason) if reason else card_error(error["code"], error["message"])
