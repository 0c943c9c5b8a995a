"""Subscription items over the API: the same changes as through their subscription."""

from typing import Any

from stripe.params import (
    SubscriptionItemCreateParams,
    SubscriptionItemDeleteParams,
    SubscriptionItemListParams,
    SubscriptionItemUpdateParams,
)

from saas.sandbox.stripe.billing.changes import NOT_KNOWN
from saas.sandbox.stripe.billing.objects import undone_on_fault
from saas.sandbox.stripe.billing.updating import update_subscription
from saas.sandbox.stripe.errors import missing
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/subscription_items"
OF_ITEM = ("clear_usage", "metadata", "price", "quantity")


@route("POST", ADDRESS, SubscriptionItemCreateParams, unknown=NOT_KNOWN)
def create(call: Call) -> Object:
    """Another item of a subscription."""
    values = dict(call.values)
    subscription = call.store.get("subscription", values.pop("subscription"), "subscription")
    known = {item["id"] for item in subscription["items"]["data"]}
    _update(call.store, subscription, {}, values)
    return next(item for item in subscription["items"]["data"] if item["id"] not in known)


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """An item of a subscription."""
    return _found(call.store, call.id)[1]


@route("GET", ADDRESS, SubscriptionItemListParams)
def list_all(call: Call) -> Object:
    """The items of a subscription."""
    subscription = call.store.get("subscription", call.values["subscription"], "subscription")
    return page(call, subscription["items"]["data"], ADDRESS)


@route("POST", ADDRESS + "/{id}", SubscriptionItemUpdateParams, unknown=(*NOT_KNOWN, "off_session"))
def update(call: Call) -> Object:
    """Change an item."""
    subscription, item = _found(call.store, call.id)
    _update(call.store, subscription, {"id": item["id"]}, call.values)
    return _found(call.store, call.id)[1]


@route("DELETE", ADDRESS + "/{id}", SubscriptionItemDeleteParams)
def delete(call: Call) -> Object:
    """Take an item out of its subscription."""
    subscription, item = _found(call.store, call.id)
    _update(call.store, subscription, {"id": item["id"], "deleted": True}, call.values)
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


def _update(store: Store, subscription: Object, entry: dict[str, Any], values: dict[str, Any]) -> None:
    own = {name: values[name] for name in OF_ITEM if name in values}
    rest = {name: value for name, value in values.items() if name not in OF_ITEM}
    with undone_on_fault(store, subscription["customer"]):
        update_subscription(store, subscription, {"items": [entry | own], **rest})


def _found(store: Store, id: str) -> tuple[Object, Object]:
    for subscription in store.find("subscription"):
        for item in subscription["items"]["data"]:
            if item["id"] == id:
                return subscription, item
    raise missing("subscription_item", id)
