"""Webhook endpoints, and the events that are sent to them."""

import stripe
from stripe.params import (
    EventListParams,
    WebhookEndpointCreateParams,
    WebhookEndpointListParams,
    WebhookEndpointUpdateParams,
)

from saas.sandbox.stripe.edit import change
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.lists import listing, page
from saas.sandbox.stripe.routes import Call, route
from saas.sandbox.stripe.store import Object, Store

MOST = 16


@route("POST", "/v1/webhook_endpoints", WebhookEndpointCreateParams, unknown=("connect",))
def create_endpoint(call: Call) -> Object:
    """A new endpoint; only this answer tells its secret."""
    values = dict(call.values)
    version = values.pop("api_version", stripe.api_version)
    if version != stripe.api_version:
        raise invalid(f"The sandbox speaks the API version {stripe.api_version}.", "api_version")
    if len(call.store.find("webhook_endpoint")) >= MOST:
        raise invalid(f"You have reached the maximum of {MOST} webhook endpoints.")
    made = add_endpoint(call.store, values.pop("url"), values.pop("enabled_events"), new_id("whsec"))
    change(made, values)
    return made | {"secret": made["_secret"]}


@route("GET", "/v1/webhook_endpoints/{id}")
def show_endpoint(call: Call) -> Object:
    """An endpoint, without its secret."""
    return call.store.get("webhook_endpoint", call.id)


@route("POST", "/v1/webhook_endpoints/{id}", WebhookEndpointUpdateParams)
def update_endpoint(call: Call) -> Object:
    """Change an endpoint; ``disabled`` stops what is sent to it."""
    found, values = call.store.get("webhook_endpoint", call.id), dict(call.values)
    if "url" in values:
        _check_url(values["url"])
    if "disabled" in values:
        found["status"] = "disabled" if values.pop("disabled") else "enabled"
    change(found, values)
    return found


@route("GET", "/v1/webhook_endpoints", WebhookEndpointListParams)
def list_endpoints(call: Call) -> Object:
    """All endpoints."""
    return listing(call, "webhook_endpoint", "/v1/webhook_endpoints")


@route("DELETE", "/v1/webhook_endpoints/{id}")
def delete_endpoint(call: Call) -> Object:
    """Delete an endpoint."""
    call.store.remove(call.store.get("webhook_endpoint", call.id))
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


@route("GET", "/v1/events/{id}")
def show_event(call: Call) -> Object:
    """An event."""
    return call.store.get("event", call.id)


@route("GET", "/v1/events", EventListParams)
def list_events(call: Call) -> Object:
    """All events, newest first: of a type (``invoice.*`` for many), of types, delivered to all or not."""
    values = call.values
    rows = call.store.find("event")
    if "type" in values and "types" in values:
        raise invalid("You may pass only one of these: type, types.", "types")
    if wanted := [values["type"]] if "type" in values else values.get("types"):
        rows = [row for row in rows if any(fits(row["type"], it) for it in wanted)]
    if "delivery_success" in values:
        rows = [row for row in rows if (row["pending_webhooks"] == 0) == values["delivery_success"]]
    return page(call, rows, "/v1/events")


def add_endpoint(store: Store, url: str, enabled_events: list[str], secret: str) -> Object:
    """A new endpoint that signs with this secret."""
    _check_url(url)
    own = {"_secret": secret, "url": url, "enabled_events": enabled_events}
    return store.add("webhook_endpoint", own | {"status": "enabled", "api_version": stripe.api_version})


def roll_secret(store: Store, id: str) -> str:
    """Give an endpoint a new secret; until it is rolled again the old one signs as well."""
    with store.lock:
        found = store.get("webhook_endpoint", id)
        found["_old_secret"], found["_secret"] = found["_secret"], new_id("whsec")
        return str(found["_secret"])


def fits(type: str, wanted: str) -> bool:
    """Whether a type of event is the wanted one, or among those that a trailing ``*`` stands for."""
    return type.startswith(wanted[:-1]) if wanted.endswith("*") else type == wanted


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: URL must be HTTP or HTTPS.", "url", "url_invalid")
