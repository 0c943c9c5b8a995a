"""What is answered is held against the SDK's resource classes: no field that they do not know, all that they require."""

from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._stripe_object import UntypedStripeObject

from saas.sandbox.stripe.shapes import branches, fields_of, is_optional, is_reference, resource_class

Object = dict[str, Any]
DELETED = {"id", "object", "deleted"}


def check_answer(obj: Object) -> None:
    """Raises AssertionError, naming the field, for an object that Stripe would not have answered."""
    kind = obj.get("object")
    assert isinstance(kind, str), f"an answer without its kind: {obj}"
    if kind == "list":
        _check_list(obj, kind)
    elif not obj.get("deleted") or obj.keys() != DELETED:
        shape = resource_class(kind)
        assert shape is not None, f"the SDK knows no {kind}"
        _check_fields(shape, obj, kind)


def _check_list(obj: Object, at: str) -> None:
    assert obj.keys() <= {"object", "data", "has_more", "url"}, f"{at}: {sorted(obj)}"
    assert isinstance(obj["data"], list), at
    assert isinstance(obj["has_more"], bool), at
    for row in obj["data"]:
        check_answer(row)


def _check_fields(shape: type, obj: Object, at: str) -> None:
    known = fields_of(shape)
    assert obj.keys() <= known.keys(), f"{at} has no {sorted(obj.keys() - known.keys())}"
    required = _required(shape)
    assert obj.keys() >= required, f"{at} lacks {sorted(required - obj.keys())}"
    for name, value in obj.items():
        _check(known[name], value, f"{at}.{name}")


def _check(annotation: Any, value: Any, at: str) -> None:
    kinds, literals = branches(annotation), _literals(annotation)
    if value is None:
        assert type(None) in kinds, f"{at} is null"
    elif literals:
        assert value in literals, f"{at} is {value!r}, not one of {literals}"
    elif isinstance(value, dict):
        _check_object(kinds, value, at)
    elif isinstance(value, list):
        inner = next((get_args(kind)[0] for kind in kinds if get_origin(kind) is list), None)
        assert inner is not None, f"{at} is a list"
        for place, it in enumerate(value):
            _check(inner, it, f"{at}[{place}]")
    else:
        assert any(_is_a(kind, value) for kind in kinds), f"{at} is {value!r}, not {annotation}"


@cache
def _literals(annotation: Any) -> list[Any]:
    return [it for kind in branches(annotation) if get_origin(kind) is Literal for it in get_args(kind)]


@cache
def _required(shape: type) -> set[str]:
    return {name for name, annotation in fields_of(shape).items() if not is_optional(annotation)}


def _check_object(kinds: tuple[Any, ...], value: Object, at: str) -> None:
    for kind in kinds:
        if kind in (Any, UntypedStripeObject) or get_origin(kind) in (dict, UntypedStripeObject):
            return None
        if is_reference(kind) or get_origin(kind) is ListObject or _is_resource(kind):
            return check_answer(value)
        if isinstance(kind, type) and issubclass(kind, StripeObject):
            return _check_fields(kind, value, at)
    raise AssertionError(f"{at} is an object")


def _is_resource(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StripeObject) and hasattr(kind, "OBJECT_NAME")


def _is_a(kind: Any, value: Any) -> bool:
    if kind is Any:
        return True
    if kind is Decimal:
        return isinstance(value, str)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(kind, type) and isinstance(value, kind)
