"""What the SDK's resource classes say of each kind of object: its fields, and what stands in those nobody gave."""

import typing
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Any, ClassVar, ForwardRef

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

NEVER_GIVEN = ("account", "context", "customer_account", "deleted")
"""Optional fields that are left out, where most are null."""


@cache
def resource_class(kind: str) -> type[StripeObject] | None:
    """The SDK's class for a value of the field ``object``; None for an unknown one."""
    if kind not in OBJECT_CLASSES:
        return None
    module, name = OBJECT_CLASSES[kind]
    found: type[StripeObject] = getattr(import_module(module), name)
    return found


@cache
def fields_of(shape: type) -> dict[str, Any]:
    """The fields of a class and their annotations."""
    found: dict[str, Any] = {}
    for base in reversed(shape.__mro__):
        if issubclass(base, StripeObject) and base not in (StripeObject, UntypedStripeObject):
            found |= {name: kind for name, kind in base.__annotations__.items() if _is_field(name, kind)}
    return found


def _is_field(name: str, kind: Any) -> bool:
    return typing.get_origin(kind) is not ClassVar and kind is not ClassVar and not name.startswith("_")


@cache
def branches(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of an annotation: of a union its members, else itself."""
    if typing.get_origin(annotation) in (typing.Union, UnionType):
        return tuple(typing.get_args(annotation))
    return (annotation,)


def is_optional(annotation: Any) -> bool:
    """Whether the field may be null or left out."""
    return type(None) in branches(annotation)


def inner_class(annotation: Any) -> type[StripeObject] | None:
    """The class of a nested object without an id of its own; None for anything else."""
    for branch in branches(annotation):
        if isinstance(branch, type) and issubclass(branch, StripeObject) and branch is not UntypedStripeObject:
            return None if issubclass(branch, ListObject) or hasattr(branch, "OBJECT_NAME") else branch
    return None


def completed(shape: type, values: dict[str, Any]) -> dict[str, Any]:
    """The values, with null, ``[]``, ``{}`` or False in the fields that nobody gave, in nested objects too."""
    defaults, nested = _plan(shape)
    made = defaults | values
    for name in defaults.keys() - values.keys():
        if defaults[name] in ([], {}):
            made[name] = type(defaults[name])()
    for name, inner in nested.items():
        if isinstance(made.get(name), dict):
            made[name] = completed(inner, made[name])
    return made


@cache
def _plan(shape: type) -> tuple[dict[str, Any], dict[str, type]]:
    """What stands in fields that nobody gave, and the classes of nested objects."""
    inner = {name: inner_class(annotation) for name, annotation in fields_of(shape).items()}
    return dict(_defaults(shape)), {name: nested for name, nested in inner.items() if nested is not None}


def _defaults(shape: type) -> Iterator[tuple[str, Any]]:
    for name, annotation in fields_of(shape).items():
        if name in NEVER_GIVEN or name in getattr(shape, "_inner_class_dicts", ()):
            continue
        if name == "metadata":
            yield name, {}
        elif is_optional(annotation):
            yield name, None
        elif typing.get_origin(annotation) is list:
            yield name, []
        elif annotation is bool:
            yield name, False


def is_reference(branch: Any) -> bool:
    """Whether a branch is another resource: as text its id, as an object the resource itself."""
    return isinstance(branch, ForwardRef | str)
