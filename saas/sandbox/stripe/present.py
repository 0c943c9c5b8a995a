"""How objects leave the sandbox: without its own fields, without what must be asked for, expanded where asked."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from stripe import ListObject

from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.shapes import completed, resource_class

if TYPE_CHECKING:
    from saas.sandbox.stripe.store import Store

Object = dict[str, Any]
Maker = Callable[["Store", Object], Any]
DEEPEST = 4

ON_REQUEST: dict[tuple[str, str], Maker | None] = {
    ("charge", "refunds"): None,
    ("coupon", "applies_to"): None,
    ("coupon", "currency_options"): None,
    ("customer", "cash_balance"): None,
    ("customer", "invoice_credit_balance"): None,
    ("customer", "sources"): None,
    ("customer", "subscriptions"): None,
    ("customer", "tax"): None,
    ("customer", "tax_ids"): None,
    ("price", "currency_options"): None,
    ("price", "tiers"): None,
}
"""Fields that are in an answer only when expanded, and what makes them; None: as they are kept."""


def on_request(kind: str, field: str) -> Callable[[Maker], Maker]:
    """Register what makes a field that is in an answer only when expanded."""

    def register(maker: Maker) -> Maker:
        ON_REQUEST[kind, field] = maker
        return maker

    return register


def present(store: "Store", obj: Object, paths: Iterable[str]) -> Object:
    """A copy of an object for the outside, with these fields expanded (dots go deeper); raises Fault for an unknown one."""
    whole = _whole(obj)
    made = {name: _shown(store, value) for name, value in whole.items() if _is_public(obj, name)}
    for head, rest in _grouped(paths).items():
        made[head] = _expanded(store, whole, head, rest)
    return made


def _grouped(paths: Iterable[str]) -> dict[str, list[str]]:
    """What is expanded of an object, and what of that."""
    found: dict[str, list[str]] = {}
    for path in paths:
        if path.count(".") >= DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", "expand")
        head, _, rest = path.partition(".")
        found.setdefault(head, []).extend([rest] if rest else [])
    return found


def _kind(obj: Object) -> str:
    kind = obj.get("object")
    return kind if isinstance(kind, str) else ""


def _whole(obj: Object) -> Object:
    """With null in what nobody gave, also in what was written into the object later."""
    shape = resource_class(_kind(obj))
    return obj if shape in (None, ListObject) or "deleted" in obj else completed(shape, obj)


def _is_public(obj: Object, name: str) -> bool:
    return not name.startswith("_") and (_kind(obj), name) not in ON_REQUEST


def _shown(store: "Store", value: Any) -> Any:
    if isinstance(value, dict):
        return present(store, value, ())
    return [_shown(store, it) for it in value] if isinstance(value, list) else value


def _expanded(store: "Store", obj: Object, head: str, paths: list[str]) -> Any:
    maker = ON_REQUEST.get((_kind(obj), head))
    if head.startswith("_") or (maker is None and head not in obj):
        raise invalid(f"This property cannot be expanded ({head}).", "expand")
    value = maker(store, obj) if maker else obj[head]
    if isinstance(value, list):
        return [_followed(store, it, paths) for it in value]
    return _followed(store, value, paths)


def _followed(store: "Store", value: Any, paths: list[str]) -> Any:
    """An id becomes its object; an object is expanded further; null stays."""
    if isinstance(value, str):
        found = store.lookup(value)
        if found is None:
            raise invalid("This property cannot be expanded.", "expand")
        return present(store, found, paths)
    return present(store, value, paths) if isinstance(value, dict) else value


def changes(before: Object, after: Object) -> Object:
    """An event's ``previous_attributes``: what changed, with its old values; of nested objects only what changed in them."""
    found: Object = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old != new:
            found[name] = changes(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
    return found
