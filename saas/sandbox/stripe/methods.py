"""Payment methods: the documented test ones by name (``pm_card_visa``), kept for a customer or not."""

from typing import Any

from stripe.params import (
    CustomerPaymentMethodListParams,
    PaymentMethodAttachParams,
    PaymentMethodCreateParams,
    PaymentMethodListParams,
    PaymentMethodUpdateParams,
)

from saas.sandbox.stripe.cards import BY_NAME, Card, card_of, refusal
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid, missing, unknown
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

PREFIX, TOKEN_PREFIX = "pm_card_", "tok_"
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
NO_CREATE = all_but(PaymentMethodCreateParams, "allow_redisplay billing_details card metadata type")
NO_UPDATE = all_but(PaymentMethodUpdateParams, "allow_redisplay billing_details card metadata")


@route("POST", "/v1/payment_methods", PaymentMethodCreateParams, unknown=NO_CREATE)
def create_method(call: Call) -> Object:
    """A new card by its token (``tok_visa``); numbers are not taken, as Stripe advises against them."""
    values = dict(call.values)
    card = values.pop("card", {})
    if values.pop("type", None) != "card" or set(card) != {"token"}:
        raise unknown("payment methods other than cards by token: use card[token]=tok_visa, or pm_card_visa", "card")
    found = BY_NAME.get(card["token"].removeprefix(TOKEN_PREFIX))
    if found is None:
        raise missing("token", card["token"], "card[token]")
    method = add_method(call.store, found)
    change(method, values)
    return method


@route("GET", "/v1/payment_methods/{id}")
def show_method(call: Call) -> Object:
    """A payment method; a test one is made anew."""
    return take(call.store, call.id)


@route("POST", "/v1/payment_methods/{id}", PaymentMethodUpdateParams, unknown=NO_UPDATE)
def update_method(call: Call) -> Object:
    """Change the expiry, the billing details or the metadata of a card that is kept for a customer."""
    method, values = call.store.get("payment_method", call.id), dict(call.values)
    if method["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    before = call.store.copy_of(method)
    if networks := values.get("card", {}).keys() - {"exp_month", "exp_year"}:
        raise unknown(f"the parameters {sorted(networks)} of a card", "card")
    change(method, values)
    call.store.emit("payment_method.updated", method, before)
    return method


@route("POST", "/v1/payment_methods/{id}/attach", PaymentMethodAttachParams, unknown=("customer_account",))
def attach_method(call: Call) -> Object:
    """Keep a payment method for a customer."""
    if "customer" not in call.values:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    call.store.get("customer", call.values["customer"], "customer")
    return attach(call.store, take(call.store, call.id), call.values["customer"])


@route("POST", "/v1/payment_methods/{id}/detach")
def detach_method(call: Call) -> Object:
    """Take a payment method from its customer, for good."""
    method = call.store.get("payment_method", call.id)
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    return detach(call.store, method)


@route("GET", "/v1/payment_methods", PaymentMethodListParams, unknown=("customer_account",))
def list_methods(call: Call) -> Object:
    """The payment methods of a customer."""
    call.store.get("customer", call.values.get("customer", ""), "customer")
    return listing(call, "payment_method", "/v1/payment_methods", "customer", "type", "allow_redisplay")


@route("GET", "/v1/customers/{id}/payment_methods", CustomerPaymentMethodListParams)
def list_customer_methods(call: Call) -> Object:
    """The payment methods of a customer."""
    call.store.get("customer", call.id)
    url = f"/v1/customers/{call.id}/payment_methods"
    return listing(call, "payment_method", url, "type", "allow_redisplay", customer=call.id)


@route("GET", "/v1/customers/{id}/payment_methods/{method}")
def show_customer_method(call: Call) -> Object:
    """A payment method of a customer."""
    method = call.store.get("payment_method", call.path["method"])
    if method["customer"] != call.id:
        raise missing("payment_method", method["id"])
    return method


def take(store: Store, id: str, param: str = "payment_method") -> Object:
    """The payment method with this id; for the name of a test one (``pm_card_visa``) a new one. Raises Fault."""
    card = BY_NAME.get(id.removeprefix(PREFIX)) if id.startswith(PREFIX) else None
    return add_method(store, card) if card else store.get("payment_method", id, param)


def add_method(store: Store, card: Card, **billing_details: Any) -> Object:
    """A new payment method for a test card, kept for nobody yet."""
    shown = {
        "brand": card.brand,
        "checks": CHECKS,
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"sandbox{card.last4}",
        "funding": card.funding,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "regulated_status": "unregulated",
    }
    own = {"_card": card.name, "_set_up": False, "allow_redisplay": "unspecified"}
    return store.add("payment_method", own | {"type": "card", "billing_details": billing_details, "card": shown})


def attach(store: Store, method: Object, customer: str) -> Object:
    """Keep a payment method for a customer; raises Fault when the card says no or it is kept for another."""
    if method["customer"] == customer:
        return method
    check_free(method)
    method["customer"] = customer
    store.emit("payment_method.attached", method)
    return method


def check_free(method: Object) -> None:
    """Raises Fault when a payment method cannot be kept for a customer."""
    message = None
    if method.get("_detached"):
        message = "This PaymentMethod was previously used and detached from a Customer, and may not be used again."
    elif method["customer"] is not None:
        message = "The payment method you provided has already been attached to a customer."
    if message:
        raise invalid(message, "payment_method")
    if reason := card_of(method).attach:
        raise refusal(reason)


def detach(store: Store, method: Object) -> Object:
    """Take a payment method from its customer, and out of what the customer pays with by default."""
    before, customer = store.copy_of(method), store.get("customer", method["customer"])
    method["customer"], method["_detached"] = None, True
    store.emit("payment_method.detached", method, before)
    if customer["invoice_settings"]["default_payment_method"] == method["id"]:
        before = store.copy_of(customer)
        customer["invoice_settings"]["default_payment_method"] = None
        store.emit("customer.updated", customer, before)
    return method
