"""Webhooks: every event is signed and sent to the endpoints that want it, at least once, again until it is accepted.

Times are those of the sandbox's clock, so that a moved clock brings the retries; the signature has the real time.
"""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from stripe import WebhookSignature

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.chaos import Dice, dice
from saas.sandbox.stripe.endpoints import fits
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.present import present
from saas.sandbox.stripe.store import Object, Store

PAUSES = (10, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each further attempt; after the last one a delivery has failed."""
TIMEOUT = 20
DROPPED = "dropped on purpose"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: the answer's status (0: none came) and what went wrong."""

    status: int
    error: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the endpoint took the event."""
        return 200 <= self.status < 300


def deliver_due(store: Store, most: int | None = None) -> int:
    """Send what is due, in turn, until nothing is (or `most` were tried); returns how many attempts there were.

    The store is free while an endpoint works, so that it can call the API.
    """
    tried = 0
    while most is None or tried < most:
        with store.lock:
            _queue(store)
            delivery = _next(store)
            if delivery is None:
                break
            delivery["next"] = None
            request = _request(store, delivery)
        attempt = _attempt(delivery, request)
        with store.lock:
            _record(store, delivery, attempt)
            store.save()
        tried += 1
    return tried


def drain(store: Store, within: int = 600) -> int:
    """Deliver all, and move the clock on to what waits for its time within so many seconds; returns the attempts."""
    until, tried = store.now() + within, deliver_due(store)
    while (moment := _next_moment(store)) is not None and moment <= until:
        with store.lock:
            clock.advance(store, max(0, moment - store.now()))
        tried += deliver_due(store)
    return tried


def deliveries(store: Store, event: str | None = None) -> list[Object]:
    """The deliveries (of an event), newest first, with every attempt."""
    rows = list(store.note("deliveries").values())[::-1]
    return [row for row in rows if event in (None, row["event"])]


def redeliver(store: Store, event: str) -> int:
    """Send an event again to the endpoints that want it, now; returns to how many. Raises Fault for an unknown one."""
    with store.lock:
        found = store.get("event", event)
        wanting = _wanting(store, found)
        for endpoint in wanting:
            _add(store, found, endpoint, store.now())
        store.woken.set()
        return len(wanting)


def forget_events(store: Store, before: int) -> None:
    """Forget the events from before a moment that nobody waits for, with their deliveries."""
    table, waited_for = store.note("deliveries"), {row["event"] for row in _waiting(store)}
    old = (
        {row["id"] for row in store.find("event") if row["created"] < before} - waited_for - store.note("outbox").keys()
    )
    for id in [id for id, row in table.items() if row["event"] in old]:
        del table[id]
    for id in old:
        del store.state["objects"]["event"][id]


def resume(store: Store) -> None:
    """After a start from a file: what was on its way is sent again."""
    for delivery in _waiting(store):
        if delivery["next"] is None:
            delivery["next"] = store.now()


def signature(payload: str, secrets: list[str], moment: int) -> str:
    """The ``Stripe-Signature`` of a body: one signature for each secret."""
    parts = [WebhookSignature.generate_signature_header(payload, secret, moment).split(",", 1) for secret in secrets]
    return ",".join([parts[0][0], *(part[1] for part in parts)])


def _queue(store: Store) -> None:
    """Make deliveries of the events that came since."""
    outbox = store.note("outbox")
    for id in list(outbox):
        del outbox[id]
        event = store.get("event", id)
        for endpoint in _wanting(store, event):
            chance = dice(store)
            for _ in range(chance.copies):
                _add(store, event, endpoint, store.now() + chance.delay, chance)


def _wanting(store: Store, event: Object) -> list[Object]:
    endpoints = store.find("webhook_endpoint", status="enabled")[::-1]
    return [it for it in endpoints if any(fits(event["type"], wanted) for wanted in it["enabled_events"])]


def _add(store: Store, event: Object, endpoint: Object, moment: int, chance: Dice | None = None) -> None:
    id = new_id("del")
    table = store.note("deliveries")
    table[id] = {
        "id": id,
        "event": event["id"],
        "endpoint": endpoint["id"],
        "state": "pending",
        "next": moment,
        "turn": len(table) + (chance.shift if chance else 0),
        "drop": bool(chance and chance.drop),
        "attempts": [],
    }
    store.note("waiting")[id] = True
    event["pending_webhooks"] += 1


def _waiting(store: Store) -> list[Object]:
    """The deliveries that are neither accepted nor given up."""
    table = store.note("deliveries")
    return [table[id] for id in store.note("waiting")]


def _next(store: Store) -> Object | None:
    now = store.now()
    ready = [it for it in _waiting(store) if it["next"] is not None and it["next"] <= now]
    return min(ready, default=None, key=lambda it: (it["turn"], it["next"]))


def _next_moment(store: Store) -> int | None:
    with store.lock:
        return min((it["next"] for it in _waiting(store) if it["next"] is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent; `host` is named in it instead of the address's own where there is one."""

    url: str
    body: str
    secrets: list[str]
    host: str


def _request(store: Store, delivery: Object) -> _Request | None:
    found = store.find("webhook_endpoint", id=delivery["endpoint"], status="enabled")
    if not found:
        return None
    secrets = [it for it in (found[0]["_secret"], found[0].get("_old_secret")) if it]
    body = json.dumps(present(store, store.get("event", delivery["event"]), ()), indent=2)
    return _Request(found[0]["url"], body, secrets, found[0].get("_host", ""))


def _attempt(delivery: Object, request: _Request | None) -> Attempt:
    if request is None:
        return Attempt(0, "the endpoint is disabled or gone")
    if delivery["drop"] and not delivery["attempts"]:
        return Attempt(0, DROPPED)
    return _send(request)


def _send(request: _Request) -> Attempt:
    """POST to an endpoint; redirects are failures, as at Stripe."""
    parts = urlsplit(request.url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=TIMEOUT)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(request.body, request.secrets, int(time.time())),
        "User-Agent": "Stripe/1.0 (sandbox)",
        **({"Host": request.host} if request.host else {}),
    }
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, request.body.encode(), headers)
        return Attempt(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return Attempt(0, str(error) or type(error).__name__)
    finally:
        connection.close()


def _record(store: Store, delivery: Object, attempt: Attempt) -> None:
    made: list[Any] = delivery["attempts"]
    made.append({"at": store.now(), "status": attempt.status, "error": attempt.error})
    if attempt.accepted:
        delivery["state"] = "delivered"
        for event in store.find("event", id=delivery["event"]):
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
    elif len(made) > len(PAUSES):
        delivery["state"] = "failed"
    else:
        delivery["next"] = store.now() + PAUSES[len(made) - 1]
    if delivery["state"] != "pending":
        store.note("waiting").pop(delivery["id"], None)
