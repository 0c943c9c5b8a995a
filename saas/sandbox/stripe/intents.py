"""Payment intents over the API."""

from typing import Any

from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
)

from saas.sandbox.stripe import payments
from saas.sandbox.stripe.cards import declined
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import Fault, card_error, invalid
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.methods import take
from saas.sandbox.stripe.money import chargeable, currency
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

PLAIN = "description metadata receipt_email setup_future_usage statement_descriptor_suffix"
CREATED_WITH = (
    f"{PLAIN} amount currency customer payment_method payment_method_types automatic_payment_methods "
    "confirm off_session return_url"
)
CONFIRMED_WITH = "payment_method off_session return_url receipt_email setup_future_usage"
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@route(
    "POST", "/v1/payment_intents", PaymentIntentCreateParams, unknown=all_but(PaymentIntentCreateParams, CREATED_WITH)
)
def create_intent(call: Call) -> Object:
    """A new payment intent; with ``confirm`` it is tried at once."""
    values, store = dict(call.values), call.store
    payments.check_types(values)
    code = currency(values.pop("currency"))
    amount = chargeable(values.pop("amount"), code)
    confirming: Object = {name: values.pop(name) for name in ("confirm", "off_session", "return_url") if name in values}
    if customer := values.get("customer"):
        store.get("customer", customer, "customer")
    if "automatic_payment_methods" in values:
        values["automatic_payment_methods"] = {"allow_redirects": "always"} | values["automatic_payment_methods"]
    method = take(store, values.pop("payment_method"))["id"] if "payment_method" in values else None
    status = "requires_confirmation" if method else "requires_payment_method"
    intent = payments.add_intent(store, amount=amount, currency=code, payment_method=method, status=status, **values)
    return _confirm(store, intent, confirming) if confirming.pop("confirm", False) else intent


@route("GET", "/v1/payment_intents/{id}", PaymentIntentRetrieveParams, unknown=("client_secret",))
def show_intent(call: Call) -> Object:
    """A payment intent."""
    return call.store.get("payment_intent", call.id)


@route("GET", "/v1/payment_intents", PaymentIntentListParams, unknown=("customer_account",))
def list_intents(call: Call) -> Object:
    """All payment intents, or those of a customer."""
    return listing(call, "payment_intent", "/v1/payment_intents", "customer")


@route(
    "POST",
    "/v1/payment_intents/{id}",
    PaymentIntentUpdateParams,
    unknown=all_but(PaymentIntentUpdateParams, f"{PLAIN} amount payment_method"),
)
def update_intent(call: Call) -> Object:
    """Change an intent that is not paid yet."""
    intent, values = _open(call), dict(call.values)
    if "amount" in values:
        chargeable(values["amount"], intent["currency"])
    if "payment_method" in values:
        values["payment_method"] = take(call.store, values["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    change(intent, values)
    return intent


@route(
    "POST",
    "/v1/payment_intents/{id}/confirm",
    PaymentIntentConfirmParams,
    unknown=all_but(PaymentIntentConfirmParams, CONFIRMED_WITH),
)
def confirm_intent(call: Call) -> Object:
    """Try to pay; raises Fault 402 when the card is declined."""
    return _confirm(call.store, _open(call), dict(call.values))


@route("POST", "/v1/payment_intents/{id}/cancel", PaymentIntentCancelParams)
def cancel_intent(call: Call) -> Object:
    """Give an intent up."""
    return payments.cancel(call.store, _open(call), call.values.get("cancellation_reason"))


def _open(call: Call) -> Object:
    intent = call.store.get("payment_intent", call.id)
    if intent["status"] not in OPEN:
        message = f"You cannot do this to a PaymentIntent because it has a status of {intent['status']}."
        shown = call.store.copy_of(intent)
        raise Fault(
            400, "invalid_request_error", "payment_intent_unexpected_state", message, None, payment_intent=shown
        )
    return intent


def _confirm(store: Store, intent: Object, values: dict[str, Any]) -> Object:
    off_session = values.pop("off_session", False) not in (False, "")
    intent["_return_url"] = values.pop("return_url", None)
    method = values.pop("payment_method", None)
    change(intent, values)
    method_id = take(store, method)["id"] if method else intent["payment_method"]
    if method_id is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise invalid(message, "payment_method", "payment_intent_unexpected_state")
    kept_for = store.get("payment_method", method_id, "payment_method")["customer"]
    if kept_for not in (None, intent["customer"]):
        raise invalid("The provided PaymentMethod belongs to another customer.", "payment_method")
    payments.confirm(store, intent, method_id, off_session=off_session)
    if intent["status"] == "requires_action" and off_session:
        intent |= {"status": "requires_payment_method", "next_action": None, "payment_method": None}
        intent["last_payment_error"] = declined("authentication_required")
        store.emit("payment_intent.payment_failed", intent)
    for step in payments.ON_SETTLED:
        step(store, intent)
    if error := intent["last_payment_error"]:
        told = {name: error.get(name) for name in ("charge", "payment_method")}
        shown = store.copy_of(intent)
        raise card_error(error["code"], error["message"], error.get("decline_code"), payment_intent=shown, **told)
    return intent
