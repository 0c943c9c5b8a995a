"""What a customer does at the portal, as far as its configuration allows; raises Fault for what it does not."""

from typing import Any

from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.ending import cancel
from saas.sandbox.stripe.billing.items import interval_of
from saas.sandbox.stripe.billing.objects import noticing, undone_on_fault
from saas.sandbox.stripe.billing.periods import period_at
from saas.sandbox.stripe.billing.preview import preview
from saas.sandbox.stripe.billing.rating import worth
from saas.sandbox.stripe.billing.schedules import change_at_period_end
from saas.sandbox.stripe.billing.standing import UPDATED
from saas.sandbox.stripe.billing.updating import update_subscription
from saas.sandbox.stripe.cards import card_of, refusal
from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.methods import attach, detach, take
from saas.sandbox.stripe.setups import add_setup, authenticate_setup, confirm
from saas.sandbox.stripe.store import Object, Store
from saas.sandbox.stripe.taxids import add_tax_id


def features_of(store: Store, session: Object) -> Object:
    """What the configuration of a session allows, as Stripe's ``features``."""
    features: Object = store.get("billing_portal.configuration", session["configuration"])["features"]
    return features


def subscriptions_of(store: Store, session: Object) -> list[Object]:
    """The subscriptions that the customer sees: those that have not ended."""
    found = store.find("subscription", customer=session["customer"])
    return [it for it in found if it["status"] not in ("canceled", "incomplete_expired", "incomplete")]


def choices(store: Store, session: Object) -> list[Object]:
    """The prices that the customer may change to."""
    feature = _allowed(store, session, "subscription_update")
    return [store.get("price", id) for product in feature["products"] or [] for id in product["prices"]]


def preview_change(
    store: Store, session: Object, subscription: Object, price: str, quantity: int | None = None
) -> Object:
    """The invoice that a change of the first item would make now or, for one at the end of the period, then."""
    feature = _allowed(store, session, "subscription_update")
    entry = _entry(store, session, subscription, price, quantity)
    details: dict[str, Any] = {"items": [entry], "proration_behavior": feature["proration_behavior"]}
    return preview(store, {"subscription": subscription["id"], "subscription_details": details})


def is_later(store: Store, session: Object, subscription: Object, price: str, quantity: int | None = None) -> bool:
    """Whether the configuration puts such a change off until the end of the period."""
    feature = _allowed(store, session, "subscription_update")
    item = subscription["items"]["data"][0]
    new, units = store.get("price", price), quantity if quantity is not None else item["quantity"]
    found = {
        "decreasing_item_amount": worth(new, units) < worth(item["price"], item["quantity"])
        and interval_of(new) == interval_of(item["price"]),
        "shortening_interval": _length(new) < _length(item["price"]),
    }
    conditions = (feature["schedule_at_period_end"] or {}).get("conditions") or []
    return any(found[condition["type"]] for condition in conditions)


def change_plan(store: Store, session: Object, subscription: Object, price: str, quantity: int | None = None) -> None:
    """Change the first item of a subscription, now or at the end of its period."""
    feature = _allowed(store, session, "subscription_update")
    entry = _entry(store, session, subscription, price, quantity)
    if is_later(store, session, subscription, price, quantity):
        units = quantity if quantity is not None else subscription["items"]["data"][0]["quantity"]
        rest = [{"price": it["price"]["id"], "quantity": it["quantity"]} for it in subscription["items"]["data"][1:]]
        change_at_period_end(store, subscription, [{"price": price, "quantity": units}, *rest])
        return
    with undone_on_fault(store, session["customer"]):
        values = {
            "items": [entry],
            "proration_behavior": feature["proration_behavior"],
            "payment_behavior": "error_if_incomplete",
        }
        update_subscription(store, store.get("subscription", subscription["id"]), values)


def cancel_plan(store: Store, session: Object, subscription: Object, *, feedback: str = "", comment: str = "") -> None:
    """Cancel, now or at the end of the period as the configuration says, with what the customer gave as reason."""
    feature = _allowed(store, session, "subscription_cancel")
    details = {"feedback": feedback, "comment": comment}
    if feature["mode"] == "at_period_end":
        update_subscription(store, subscription, {"cancel_at_period_end": True, "cancellation_details": details})
        return
    prorate = feature["proration_behavior"] != "none"
    asked = {
        "cancellation_details": details,
        "prorate": prorate,
        "invoice_now": feature["proration_behavior"] == "always_invoice",
    }
    if (invoice := cancel(store, subscription, asked)) is not None:
        advance_invoice(store, invoice)


def keep_plan(store: Store, session: Object, subscription: Object) -> None:
    """Take a cancellation at the end of the period back."""
    _allowed(store, session, "subscription_cancel")
    update_subscription(store, subscription, {"cancel_at_period_end": False})


def add_card(store: Store, session: Object, card: str, *, authenticated: bool | None = None) -> str:
    """Keep a card and make it the customer's default: ``complete``, or ``requires_action`` until `authenticated` is told.

    As at Stripe this changes no subscription that has a card of its own: that is `use_card`. Raises Fault 402 if it is declined.
    """
    _allowed(store, session, "payment_method_update")
    method = take(store, card)
    if card_of(method).asks in ("always", "unless_set_up") and not authenticated:
        if authenticated is None:
            return "requires_action"
        raise refusal("authentication_required")
    setup = add_setup(store, customer=session["customer"], payment_method=method["id"])
    attach(store, method, session["customer"])
    if confirm(store, setup)["status"] == "requires_action":
        authenticate_setup(store, setup, succeeds=True)
    make_default(store, session, method["id"])
    return "complete"


def make_default(store: Store, session: Object, card: str) -> None:
    """Make one of the customer's cards the default."""
    _own_card(store, session, card)
    customer = store.get("customer", session["customer"])
    with noticing(store, customer, "customer.updated"):
        customer["invoice_settings"]["default_payment_method"] = card


def use_card(store: Store, session: Object, subscription: Object, card: str) -> None:
    """Let a subscription be paid by one of the customer's cards."""
    _own_card(store, session, card)
    with noticing(store, subscription, UPDATED):
        subscription["default_payment_method"] = card


def remove_card(store: Store, session: Object, card: str) -> None:
    """Forget a card; not the one that pays a subscription."""
    method = _own_card(store, session, card)
    if any(it["default_payment_method"] == card for it in subscriptions_of(store, session)):
        raise invalid("This card pays a subscription and cannot be removed.")
    detach(store, method)


def change_details(store: Store, session: Object, values: dict[str, Any]) -> None:
    """Change the customer's ``email``, ``address``, ``name``, ``phone``; ``tax_id`` (type, value) adds one."""
    allowed = _allowed(store, session, "customer_update")["allowed_updates"]
    customer, given = store.get("customer", session["customer"]), dict(values)
    tax_id = given.pop("tax_id", None)
    if unfit := ({*given} | ({"tax_id"} if tax_id else set())) - {*allowed}:
        raise invalid(f"The portal does not let customers change {sorted(unfit)}.")
    with noticing(store, customer, "customer.updated"):
        change(customer, given)
    if tax_id:
        add_tax_id(store, customer, **tax_id)


def invoices_of(store: Store, session: Object) -> list[Object]:
    """The final invoices of the customer, newest first."""
    _allowed(store, session, "invoice_history")
    return [it for it in store.find("invoice", customer=session["customer"]) if it["status"] != "draft"]


def _allowed(store: Store, session: Object, feature: str) -> Object:
    found: Object = features_of(store, session)[feature]
    if not found["enabled"]:
        raise invalid(f"The {feature} feature in the portal configuration is disabled.")
    return found


def _entry(store: Store, session: Object, subscription: Object, price: str, quantity: int | None) -> dict[str, Any]:
    if subscription["customer"] != session["customer"]:
        raise invalid("The subscription does not belong to this customer.")
    if price not in [it["id"] for it in choices(store, session)]:
        raise invalid("This price cannot be chosen at the portal.", "price")
    entry = {"id": subscription["items"]["data"][0]["id"], "price": price}
    return entry if quantity is None else entry | {"quantity": quantity}


def _own_card(store: Store, session: Object, card: str) -> Object:
    method = store.get("payment_method", card)
    if method["customer"] != session["customer"]:
        raise invalid("This card is not one of the customer's.")
    return method


def _length(price: Object) -> int:
    interval, count = interval_of(price)
    return period_at(0, interval, count, 0).end
