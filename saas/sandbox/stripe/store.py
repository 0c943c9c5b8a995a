"""All that the sandbox knows: objects as Stripe's JSON, its clocks, and what is due later. In memory, or kept in one file."""

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.answers import check_answer
from saas.sandbox.stripe.errors import missing
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.present import changes, present
from saas.sandbox.stripe.shapes import completed, resource_class

Object = dict[str, Any]
SELLER = "Sandbox seller"


class Store:
    """The state behind the API. Hold `lock` for a whole call; `address` is where the sandbox is reached, `seller`
    the name of the account, which customers read.

    Keys of an object that begin with an underscore are the sandbox's own and never leave it.
    """

    def __init__(self, path: Path | None = None, *, address: str = "http://127.0.0.1", seller: str = SELLER) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.address = address
        self.seller = seller
        self.request: dict[str, str | None] = {"id": None, "idempotency_key": None}
        self.moments: dict[str | None, int] = {}
        self.state: dict[str, Any] = {"objects": {}, "due": [], "notes": {}, "offset": 0, "count": 0}
        self.woken = threading.Event()
        if path is not None and path.exists():
            self.state.update(json.loads(path.read_text()))

    def now(self, customer: str | None = None) -> int:
        """UTC seconds: of the customer's test clock if there is one, else of the sandbox's own clock."""
        return clock.now(self, clock.clock_of(self, customer))

    def add(self, kind: str, values: Object, *, created: int | None = None) -> Object:
        """Keep a new object; id, object, created, livemode and what else nobody gave are filled in, empty text is null."""
        shape = resource_class(kind)
        assert shape is not None, kind
        values = {"id": new_id(PREFIXES[kind]), "object": kind, "livemode": False} | values
        values.setdefault("created", created or self._moment_of(values))
        values = values if kind == "event" else _without_empty_text(values)
        known = shape.__annotations__
        obj = completed(shape, {name: it for name, it in values.items() if name in known or name[0] == "_"})
        if "id" not in known:
            obj["_id"] = values["id"]
        unknown = values.keys() - obj.keys() - {"created", "livemode", "id"}
        assert not unknown, f"{kind} has no {unknown}"
        self._of_kind(kind)[str(values["id"])] = obj
        return obj

    def get(self, kind: str, id: str, param: str | None = None) -> Object:
        """The object itself, to be read or changed; raises Fault (404, or 400 when the parameter `param` named it)."""
        found = self._of_kind(kind).get(id)
        if found is None:
            raise missing(kind, id, param)
        return found

    def find(self, kind: str, **fields: Any) -> list[Object]:
        """The objects whose fields have these values, newest first."""
        of_kind, wanted = self._of_kind(kind), fields.items()
        named = [of_kind[fields["id"]]] if fields.get("id") in of_kind else []
        objects = named if "id" in fields else reversed(of_kind.values())
        return [obj for obj in objects if all(obj.get(name) == value for name, value in wanted)]

    def lookup(self, id: str) -> Object | None:
        """The object with this id, of whatever kind."""
        return next((objects[id] for objects in self.state["objects"].values() if id in objects), None)

    def remove(self, obj: Object) -> None:
        """Forget an object; its id is remembered as deleted (`was_removed`)."""
        del self._of_kind(obj["object"])[obj["id"]]
        self.note("removed")[obj["id"]] = obj["object"]

    def was_removed(self, kind: str, id: str) -> bool:
        """Whether there was such an object."""
        return bool(self.note("removed").get(id) == kind)

    def note(self, name: str) -> dict[str, Any]:
        """A table of the sandbox's own, kept with the objects."""
        table: dict[str, Any] = self.state["notes"].setdefault(name, {})
        return table

    def emit(self, type: str, obj: Object, before: Object | None = None) -> None:
        """Note an event about an object as it is now; `before` is a copy from before the change (`copy_of`)."""
        data: Object = {"object": present(self, obj, ())}
        check_answer(data["object"])
        if before is not None:
            data["previous_attributes"] = changes(before, data["object"])
        event = {"type": type, "data": data, "api_version": stripe.api_version, "pending_webhooks": 0}
        made = self.add("event", event | {"request": dict(self.request)}, created=self._moment_of(obj))
        self.note("outbox")[made["id"]] = True
        self.woken.set()

    def copy_of(self, obj: Object) -> Object:
        """How an object looks now, to be given to `emit` after it was changed."""
        return present(self, obj, ())

    def at(self, moment: int, name: str, *, customer: str | None = None, **args: Any) -> None:
        """Run the handler `due(name)` when the clock of the customer (which it gets too), or ours, reaches the moment."""
        if customer is not None:
            args["customer"] = customer
        which = clock.clock_of(self, customer)
        self.state["count"] += 1
        self.state["due"].append([moment, self.state["count"], which, name, args])

    def save(self) -> None:
        """Write everything to the file, if there is one, at once or not at all."""
        if self.path is None:
            return
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(handle, "w") as file:
            json.dump(self.state, file)
        os.replace(name, self.path)

    def _of_kind(self, kind: str) -> dict[str, Object]:
        objects: dict[str, Object] = self.state["objects"].setdefault(kind, {})
        return objects

    def _moment_of(self, values: Object) -> int:
        """Now, by the clock that the object goes by."""
        customer = values.get("customer")
        which = clock.clock_of(self, customer) if isinstance(customer, str) else None
        if values.get("object") == "customer":
            which = values.get("test_clock")
        return clock.now(self, which)


def _without_empty_text(values: Object) -> Object:
    """Empty text, by which parameters unset, is null; in metadata it takes the key away."""
    made = {name: _without_empty_text(it) if isinstance(it, dict) else it for name, it in values.items()}
    made = {name: None if it == "" else it for name, it in made.items()}
    if "metadata" in made:
        made["metadata"] = {name: it for name, it in (made["metadata"] or {}).items() if it is not None}
    return made
