"""What happens when a card is charged: payment intents and the charges that they make."""

from collections.abc import Callable
from typing import Any

from saas.sandbox.stripe.cards import card_of, declined
from saas.sandbox.stripe.errors import unknown
from saas.sandbox.stripe.ids import new_id, new_secret
from saas.sandbox.stripe.methods import attach
from saas.sandbox.stripe.store import Object, Store

OnSettled = Callable[[Store, Object], None]
ON_SETTLED: list[OnSettled] = []
"""What is done when the holder of a card has authenticated a payment, or failed to: called with the intent."""

INTENT = {
    "amount_capturable": 0,
    "amount_received": 0,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "payment_method_types": ["card"],
    "status": "requires_payment_method",
}


def pay(
    store: Store,
    customer_id: str,
    amount: int,
    currency: str,
    payment_method_id: str | None,
    *,
    off_session: bool,
    **fields: Any,
) -> Object:
    """Charge a customer's payment method with an amount (minor units, above zero): the payment intent.

    Its status is ``succeeded``, ``requires_action`` (the holder must authenticate: `authenticate`, or the page at
    ``next_action.redirect_to_url.url``) or ``requires_payment_method`` (declined, with ``last_payment_error``; or there is none).
    """
    intent = add_intent(store, customer=customer_id, amount=amount, currency=currency, **fields)
    return confirm(store, intent, payment_method_id, off_session=off_session) if payment_method_id else intent


def check_types(values: Object) -> None:
    """Raises Fault for kinds of payment methods other than cards."""
    if set(values.get("payment_method_types", ())) - {"card"}:
        raise unknown("payment methods other than cards", "payment_method_types")


def add_intent(store: Store, **fields: Any) -> Object:
    """A new payment intent that nobody has tried to pay yet."""
    id = new_id("pi")
    intent = store.add("payment_intent", INTENT | {"id": id, "client_secret": new_secret(id)} | fields)
    store.emit("payment_intent.created", intent)
    return intent


def confirm(store: Store, intent: Object, method_id: str, *, off_session: bool) -> Object:
    """Try to pay an intent with a payment method, as `pay` tells."""
    method = store.get("payment_method", method_id, "payment_method")
    card = card_of(method)
    intent |= {"payment_method": method_id, "last_payment_error": None, "next_action": None}
    asks = card.asks == "always" or (card.asks == "unless_set_up" and not method["_set_up"])
    asks = asks or (card.asks == "off_session_never" and not off_session)
    if asks:
        return _ask(store, intent)
    return _fail(store, intent, card.charge) if card.charge else _succeed(store, intent)


def authenticate(store: Store, intent: Object, *, succeeds: bool) -> Object:
    """What the holder of the card does at the page of the bank; those who wait for it are told (`ON_SETTLED`)."""
    card = card_of(store.get("payment_method", intent["payment_method"]))
    intent["next_action"] = None
    if not succeeds:
        _fail_authentication(store, intent)
    elif card.charge:
        _fail(store, intent, card.charge)
    else:
        _succeed(store, intent)
    for step in ON_SETTLED:
        step(store, intent)
    return intent


def cancel(store: Store, intent: Object, reason: str | None = None) -> Object:
    """Give an intent up."""
    before = store.copy_of(intent)
    moment = store.now(intent["customer"])
    intent |= {"status": "canceled", "canceled_at": moment, "cancellation_reason": reason, "next_action": None}
    store.emit("payment_intent.canceled", intent, before)
    return intent


def _ask(store: Store, intent: Object) -> Object:
    intent["status"] = "requires_action"
    intent["next_action"] = next_action(store, intent, intent.get("_return_url"))
    store.emit("payment_intent.requires_action", intent)
    return intent


def next_action(store: Store, intent: Object, return_url: str | None) -> Object:
    """Where the holder of the card authenticates."""
    url = f"{store.address}/authenticate/{intent['id']}"
    return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": return_url}}


def _succeed(store: Store, intent: Object) -> Object:
    charge = _charge(store, intent)
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    if intent["setup_future_usage"] and intent["customer"]:
        method = store.get("payment_method", intent["payment_method"])
        attach(store, method, intent["customer"])
        method["_set_up"] = True
    store.emit("charge.succeeded", charge)
    store.emit("payment_intent.succeeded", intent)
    return intent


def _fail(store: Store, intent: Object, reason: str) -> Object:
    error = declined(reason)
    failure = {"failure_code": error["code"], "failure_message": error["message"], "paid": False, "captured": False}
    outcome = {"type": "issuer_declined", "network_status": "declined_by_network", "reason": reason}
    charge = _charge(store, intent, status="failed", amount_captured=0, outcome=outcome, **failure)
    intent |= {"status": "requires_payment_method", "latest_charge": charge["id"], "next_action": None}
    intent["last_payment_error"] = error | {"charge": charge["id"], "payment_method": _method(store, intent)}
    intent["payment_method"] = None
    store.emit("charge.failed", charge)
    store.emit("payment_intent.payment_failed", intent)
    return intent


def _fail_authentication(store: Store, intent: Object) -> None:
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    error = {"type": "invalid_request_error", "code": "payment_intent_authentication_failure", "message": message}
    intent["last_payment_error"] = error | {"payment_method": _method(store, intent)}
    intent |= {"status": "requires_payment_method", "payment_method": None}
    store.emit("payment_intent.payment_failed", intent)


def _method(store: Store, intent: Object) -> Object:
    return store.copy_of(store.get("payment_method", intent["payment_method"]))


def _charge(store: Store, intent: Object, **fields: Any) -> Object:
    method = store.get("payment_method", intent["payment_method"])
    card = {
        name: method["card"][name]
        for name in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    }
    values = {
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "captured": True,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "fraud_details": {},
        "metadata": dict(intent["metadata"]),
        "outcome": {
            "type": "authorized",
            "network_status": "approved_by_network",
            "seller_message": "Payment complete.",
        },
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": "card", "card": card},
        "status": "succeeded",
    }
    return store.add("charge", values | fields)
