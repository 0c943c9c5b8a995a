"""Handles for objects: made without being kept, changed with an event, tried out and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.shapes import completed, resource_class
from saas.sandbox.stripe.store import Object, Store

UNCHANGING = ("billing.meter_event", "event", "refund")


def make(kind: str, **values: Any) -> Object:
    """A complete object of a kind that lives inside another one, such as a line of an invoice."""
    shape = resource_class(kind)
    assert shape is not None, kind
    known = shape.__annotations__
    values = {"id": new_id(PREFIXES.get(kind, kind)), "object": kind, "livemode": False} | values
    return completed(shape, {name: value for name, value in values.items() if name in known or name[0] == "_"})


def listing_of(rows: list[Object], url: str) -> Object:
    """The list object in which such objects stand."""
    return {"object": "list", "data": rows, "has_more": False, "url": url}


@contextmanager
def noticing(store: Store, obj: Object, event: str) -> Iterator[None]:
    """Emit an event, with the previous attributes, if the object looks different afterwards."""
    before = store.copy_of(obj)
    yield
    if store.copy_of(obj) != before:
        store.emit(event, obj, before)


@contextmanager
def imagined(store: Store) -> Iterator[None]:
    """Whatever is done inside happens to a copy of the books that is thrown away afterwards."""
    state, moments = store.state, store.moments
    store.state, store.moments = _copied(state), dict(moments)
    try:
        yield
    finally:
        store.state, store.moments = state, moments


@contextmanager
def undone_on_fault(store: Store) -> Iterator[None]:
    """A refusal inside leaves the books as they were before."""
    kept = _copied(store.state)
    try:
        yield
    except Fault:
        store.state = kept
        raise


def settings(store: Store) -> dict[str, Any]:
    """What one sets in the dashboard: ``after_retries`` (past_due, cancel, unpaid or pause), ``retry_days``, ``upcoming_days``."""
    return {"after_retries": "past_due", "retry_days": [3, 5, 7], "upcoming_days": 7} | store.note("billing_settings")


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    """What is never changed is shared by the copies; what an object holds in two places stays one object in the copy."""
    kept = {kind: dict(rows) for kind, rows in state["objects"].items() if kind in UNCHANGING}
    rest = {kind: rows for kind, rows in state["objects"].items() if kind not in UNCHANGING}
    made = deepcopy({**state, "objects": rest})
    made["objects"] |= kept
    return made
