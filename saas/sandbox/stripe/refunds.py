"""Charges, and refunds of a part of them or of all."""

from stripe.params import (
    ChargeListParams,
    RefundCreateParams,
    RefundListParams,
    RefundUpdateParams,
)

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.lists import listed, listing
from saas.sandbox.stripe.money import written
from saas.sandbox.stripe.present import on_request
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.store import Object, Store

NO_CREATE = all_but(RefundCreateParams, "amount charge metadata payment_intent reason")


@route("GET", "/v1/charges/{id}")
def show_charge(call: Call) -> Object:
    """A charge."""
    return call.store.get("charge", call.id)


@route("GET", "/v1/charges", ChargeListParams, unknown=("transfer_group",))
def list_charges(call: Call) -> Object:
    """All charges, or those of a customer or a payment intent."""
    return listing(call, "charge", "/v1/charges", "customer", "payment_intent")


@route("POST", "/v1/refunds", RefundCreateParams, unknown=NO_CREATE)
def create_refund(call: Call) -> Object:
    """Give a charge back: an amount in minor units, or what is left of it."""
    charge = _charge(call)
    amount = call.values.get("amount", charge["amount"] - charge["amount_refunded"])
    extra = {name: call.values[name] for name in ("metadata", "reason") if name in call.values}
    return refund(call.store, charge, amount, **extra)


@route("GET", "/v1/refunds/{id}")
def show_refund(call: Call) -> Object:
    """A refund."""
    return call.store.get("refund", call.id)


@route("POST", "/v1/refunds/{id}", RefundUpdateParams)
def update_refund(call: Call) -> Object:
    """Change a refund's metadata."""
    found = call.store.get("refund", call.id)
    change(found, call.values)
    call.store.emit("refund.updated", found)
    return found


@route("GET", "/v1/refunds", RefundListParams)
def list_refunds(call: Call) -> Object:
    """All refunds, or those of a charge or a payment intent."""
    return listing(call, "refund", "/v1/refunds", "charge", "payment_intent")


def refund(store: Store, charge: Object, amount: int, **fields: object) -> Object:
    """Give an amount (minor units) of a charge back; raises Fault when that is more than is left."""
    left = charge["amount"] - charge["amount_refunded"]
    if not charge["paid"]:
        raise invalid(f"Charge {charge['id']} has not been paid.", "charge")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", "charge", "charge_already_refunded")
    if amount <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        asked, rest = written(amount, charge["currency"]), written(left, charge["currency"])
        raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})", "amount")
    before = store.copy_of(charge)
    values = {"amount": amount, "currency": charge["currency"], "charge": charge["id"], "status": "succeeded"}
    made = store.add(
        "refund", values | {"payment_intent": charge["payment_intent"]} | fields, created=store.now(charge["customer"])
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.emit("refund.created", made)
    store.emit("charge.refunded", charge, before)
    return made


@on_request("charge", "refunds")
def _refunds(store: Store, charge: Object) -> Object:
    rows = [store.copy_of(row) for row in store.find("refund", charge=charge["id"])]
    return listed(rows, f"/v1/charges/{charge['id']}/refunds")


def _charge(call: Call) -> Object:
    values = call.values
    if ("charge" in values) == ("payment_intent" in values):
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.", "charge"
        )
    if "charge" in values:
        return call.store.get("charge", values["charge"], "charge")
    intent = call.store.get("payment_intent", values["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(message, "payment_intent", "payment_intent_unexpected_state")
    return call.store.get("charge", intent["latest_charge"])
