"""Lists as Stripe pages them: a limit, and the id after or before which to go on."""

from collections.abc import Sequence
from typing import Any

from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.routes import Call
from saas.sandbox.stripe.store import Object

LIMIT = 10
LARGEST_LIMIT = 100
RANGES = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def listed(rows: Sequence[Object], url: str, *, has_more: bool = False) -> Object:
    """A list object that holds these rows."""
    return {"object": "list", "data": list(rows), "has_more": has_more, "url": url}


def page(call: Call, rows: Sequence[Object], url: str) -> Object:
    """The part of the rows (newest first) that the call asks for."""
    values = call.values
    limit = values.get("limit", LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        raise invalid(
            f"Invalid integer: {limit} (must be between 1 and {LARGEST_LIMIT})", "limit", "parameter_invalid_integer"
        )
    rows = [row for row in rows if in_range(row.get("created"), values.get("created"))]
    if "ending_before" in values:
        rows = rows[: _place(rows, values["ending_before"], "ending_before")]
        return listed(rows[-limit:], url, has_more=len(rows) > limit)
    if "starting_after" in values:
        rows = rows[_place(rows, values["starting_after"], "starting_after") + 1 :]
    return listed(rows[:limit], url, has_more=len(rows) > limit)


def listing(call: Call, kind: str, url: str, *filters: str, **fields: Any) -> Object:
    """A page of the objects of a kind: with the given fields, and those of the call's parameters named as filters."""
    wanted = {name: call.values[name] for name in filters if name in call.values}
    return page(call, call.store.find(kind, **wanted, **fields), url)


def in_range(value: Any, wanted: Any) -> bool:
    """Whether a moment is the wanted one or within its bounds (``gt``, ``gte``, ``lt``, ``lte``); None wants any."""
    if wanted is None:
        return True
    if isinstance(wanted, dict):
        return value is not None and all(RANGES[name](value, bound) for name, bound in wanted.items())
    return bool(value == wanted)


def _place(rows: Sequence[Object], id: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == id:
            return place
    raise invalid(f"No such object: '{id}'", param, "resource_missing")
