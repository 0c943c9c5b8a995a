"""Setup intents: a card is made ready to be charged later."""

from typing import Any

from stripe.params import (
    SetupIntentCancelParams,
    SetupIntentConfirmParams,
    SetupIntentCreateParams,
    SetupIntentListParams,
    SetupIntentRetrieveParams,
    SetupIntentUpdateParams,
)

from saas.sandbox.stripe.cards import card_of, declined, refusal
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import Fault, invalid
from saas.sandbox.stripe.ids import new_id, new_secret
from saas.sandbox.stripe.lists import listing
from saas.sandbox.stripe.methods import attach, take
from saas.sandbox.stripe.payments import check_types, next_action
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

CREATED_WITH = (
    "automatic_payment_methods confirm customer description metadata payment_method payment_method_types "
    "return_url usage"
)
CONFIRMED_WITH = "payment_method return_url"
UPDATED_WITH = "customer description metadata payment_method"
DEFAULTS = {"payment_method_types": ["card"], "usage": "off_session"}
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
NO_AUTHENTICATION = {
    "type": "invalid_request_error",
    "code": "setup_intent_authentication_failure",
    "message": "The card's holder failed to authenticate.",
}


@route("POST", "/v1/setup_intents", SetupIntentCreateParams, unknown=all_but(SetupIntentCreateParams, CREATED_WITH))
def create_setup(call: Call) -> Object:
    """A new setup intent; with ``confirm`` the card is set up at once."""
    values, store = dict(call.values), call.store
    check_types(values)
    confirming, return_url = values.pop("confirm", False), values.pop("return_url", None)
    if customer := values.get("customer"):
        store.get("customer", customer, "customer")
    if "automatic_payment_methods" in values:
        values["automatic_payment_methods"] = {"allow_redirects": "always"} | values["automatic_payment_methods"]
    method = take(store, values.pop("payment_method"))["id"] if "payment_method" in values else None
    setup = add_setup(store, payment_method=method, _return_url=return_url, **values)
    return confirm(store, setup) if confirming else setup


@route("GET", "/v1/setup_intents/{id}", SetupIntentRetrieveParams, unknown=("client_secret",))
def show_setup(call: Call) -> Object:
    """A setup intent."""
    return call.store.get("setup_intent", call.id)


@route("GET", "/v1/setup_intents", SetupIntentListParams, unknown=("attach_to_self", "customer_account"))
def list_setups(call: Call) -> Object:
    """All setup intents, or those of a customer or a payment method."""
    return listing(call, "setup_intent", "/v1/setup_intents", "customer", "payment_method")


@route(
    "POST", "/v1/setup_intents/{id}", SetupIntentUpdateParams, unknown=all_but(SetupIntentUpdateParams, UPDATED_WITH)
)
def update_setup(call: Call) -> Object:
    """Change a setup intent that has not ended."""
    setup, values = _open(call), dict(call.values)
    if "payment_method" in values:
        values["payment_method"] = take(call.store, values["payment_method"])["id"]
        setup["status"] = "requires_confirmation"
    change(setup, values)
    return setup


@route(
    "POST",
    "/v1/setup_intents/{id}/confirm",
    SetupIntentConfirmParams,
    unknown=all_but(SetupIntentConfirmParams, CONFIRMED_WITH),
)
def confirm_setup(call: Call) -> Object:
    """Set the card up; raises Fault 402 when it is declined."""
    setup = _open(call)
    if method := call.values.get("payment_method"):
        setup["payment_method"] = take(call.store, method)["id"]
    setup["_return_url"] = call.values.get("return_url")
    return confirm(call.store, setup)


@route("POST", "/v1/setup_intents/{id}/cancel", SetupIntentCancelParams)
def cancel_setup(call: Call) -> Object:
    """Give a setup intent up."""
    setup = _open(call)
    setup |= {"status": "canceled", "cancellation_reason": call.values.get("cancellation_reason"), "next_action": None}
    call.store.emit("setup_intent.canceled", setup)
    return setup


def add_setup(store: Store, **fields: Any) -> Object:
    """A new setup intent that has not been confirmed."""
    id = new_id("seti")
    status = "requires_confirmation" if fields.get("payment_method") else "requires_payment_method"
    own = {"id": id, "client_secret": new_secret(id), "status": status}
    setup = store.add("setup_intent", DEFAULTS | own | fields)
    store.emit("setup_intent.created", setup)
    return setup


def confirm(store: Store, setup: Object) -> Object:
    """Set the intent's card up, or ask its holder first; raises Fault when the card is declined."""
    if setup["payment_method"] is None:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.", "payment_method")
    card = card_of(store.get("payment_method", setup["payment_method"]))
    if card.asks in ("always", "unless_set_up"):
        setup |= {"status": "requires_action", "next_action": next_action(store, setup, setup.get("_return_url"))}
        store.emit("setup_intent.requires_action", setup)
        return setup
    if card.attach:
        _fail(store, setup, declined(card.attach))
        raise refusal(card.attach, setup_intent=store.copy_of(setup))
    return _succeed(store, setup)


def authenticate_setup(store: Store, setup: Object, *, succeeds: bool) -> Object:
    """What the holder of the card does at the page of the bank."""
    setup["next_action"] = None
    return _succeed(store, setup) if succeeds else _fail(store, setup, NO_AUTHENTICATION)


def _succeed(store: Store, setup: Object) -> Object:
    method = store.get("payment_method", setup["payment_method"])
    if setup["customer"]:
        attach(store, method, setup["customer"])
    method["_set_up"] = True
    setup |= {"status": "succeeded", "last_setup_error": None}
    store.emit("setup_intent.succeeded", setup)
    return setup


def _fail(store: Store, setup: Object, error: Object) -> Object:
    method = store.copy_of(store.get("payment_method", setup["payment_method"]))
    setup |= {"status": "requires_payment_method", "payment_method": None}
    setup["last_setup_error"] = error | {"payment_method": method}
    store.emit("setup_intent.setup_failed", setup)
    return setup


def _open(call: Call) -> Object:
    setup = call.store.get("setup_intent", call.id)
    if setup["status"] not in OPEN:
        message = f"You cannot do this to a SetupIntent because it has a status of {setup['status']}."
        raise Fault(400, "invalid_request_error", "setup_intent_unexpected_state", message)
    return setup
