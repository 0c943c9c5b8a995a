"""Handles for objects: made without being kept, changed with an event, tried out and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.shapes import completed, resource_class
from saas.sandbox.stripe.store import Object, Store

UNCHANGING = ("billing.meter", "billing.meter_event", "event", "price", "product", "refund")
"""Kinds that billing reads and adds to, and never changes."""


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
def imagined(store: Store, customer: str | None) -> Iterator[None]:
    """Whatever is done for a customer inside happens to a copy of the books that is thrown away afterwards."""
    state, moments = store.state, store.moments
    store.state, store.moments = _copied(state, customer), dict(moments)
    try:
        yield
    finally:
        store.state, store.moments = state, moments


@contextmanager
def undone_on_fault(store: Store, customer: str | None) -> Iterator[None]:
    """A refusal of what is done for a customer inside leaves the books as they were before; look objects up again then."""
    kept = _copied(store.state, customer)
    try:
        yield
    except Fault:
        store.state = kept
        raise


def settings(store: Store) -> dict[str, Any]:
    """What one sets in the dashboard: ``after_retries`` (past_due, cancel, unpaid or pause), ``retry_days``, ``upcoming_days``."""
    return {"after_retries": "past_due", "retry_days": [3, 5, 7], "upcoming_days": 7} | store.note("billing_settings")


def _copied(state: dict[str, Any], customer: str | None) -> dict[str, Any]:
    """A copy in which a customer's objects, and those of nobody, are copies; all else is shared.

    What an object holds in two places stays one object in the copy.
    """
    shared: dict[int, Any] = {id(row): row for row in state["objects"].get("price", {}).values()}
    objects = {kind: _rows(kind, rows, customer, shared) for kind, rows in state["objects"].items()}
    notes = {name: dict(table) for name, table in state["notes"].items()}
    return {**state, "objects": objects, "notes": notes, "due": [*state["due"]]}


def _rows(kind: str, rows: dict[str, Object], customer: str | None, shared: dict[int, Any]) -> dict[str, Object]:
    if kind in UNCHANGING:
        return dict(rows)
    whose = "id" if kind == "customer" else "_customer" if kind == "invoice_payment" else "customer"
    return {id: deepcopy(row, shared) if row.get(whose) in (None, customer) else row for id, row in rows.items()}
