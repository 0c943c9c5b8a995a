"""What is called is held against the SDK's types of parameters: nothing unknown, nothing of a wrong kind, nothing missing.

The SDK writes closed sets as ``Literal[…] | str``; here they are closed again.
"""

import re
import sys
import typing
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, Literal, NotRequired, Required, get_args, get_origin

from stripe import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from saas.sandbox.stripe.errors import Fault, invalid
from saas.sandbox.stripe.forms import Tree

INTEGER = re.compile(r"^-?\d{1,18}$")
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_LENGTH = 50, 40, 500


class Expansion(typing.TypedDict, total=False):
    """The parameters of a call that takes none of its own."""

    expand: list[str]


def check_request(params: type, values: Tree) -> dict[str, Any]:
    """The parameters of a call, as numbers, booleans, lists and dicts (decimals as text); raises Fault 400."""
    return _object(params, values, "")


@cache
def _hints(shape: type) -> dict[str, tuple[Any, bool]]:
    """The annotation of each key of a TypedDict, and whether it is required."""
    own = {name: it for name, it in shape.__annotations__.items() if name not in RequestOptions.__annotations__}
    holder = type(shape.__name__, (), {"__annotations__": own})
    hints = typing.get_type_hints(holder, vars(sys.modules[shape.__module__]), include_extras=True)
    total = bool(getattr(shape, "__total__", True))
    return {name: _unwrapped(hint, total) for name, hint in hints.items()}


def _unwrapped(hint: Any, total: bool) -> tuple[Any, bool]:
    if get_origin(hint) in (NotRequired, Required):
        return get_args(hint)[0], get_origin(hint) is Required
    return hint, total


def _object(shape: type, tree: Tree, at: str) -> dict[str, Any]:
    hints = _hints(shape)
    for name in tree:
        if name not in hints:
            raise invalid(f"Received unknown parameter: {_inside(at, name)}", _inside(at, name), "parameter_unknown")
    for name, (_, required) in hints.items():
        if required and name not in tree:
            raise invalid(f"Missing required param: {_inside(at, name)}.", _inside(at, name), "parameter_missing")
    return {name: _value(hints[name][0], value, _inside(at, name)) for name, value in tree.items()}


def _inside(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _alternatives(hint: Any) -> list[Any]:
    found = get_args(hint) if get_origin(hint) in (typing.Union, UnionType) else (hint,)
    return [it for it in found if get_origin(it) is not UntypedStripeObject and it is not type(None)]


def _value(hint: Any, value: Any, at: str) -> Any:
    kinds = _alternatives(hint)
    return _nested(kinds, value, at) if isinstance(value, dict) else _leaf(kinds, value, at)


def _nested(kinds: list[Any], tree: Tree, at: str) -> Any:
    for kind in kinds:
        if get_origin(kind) is list:
            return _list(get_args(kind)[0], tree, at)
        if get_origin(kind) is dict:
            return _table(get_args(kind)[1], tree, at)
        if hasattr(kind, "__required_keys__"):
            return _object(kind, tree, at)
        if kind is Any:
            return tree
    raise invalid(f"Invalid string: {tree}", at)


def _list(kind: Any, tree: Tree, at: str) -> list[Any]:
    if not all(key.isdigit() for key in tree):
        raise invalid("Invalid array", at)
    return [_value(kind, tree[key], _inside(at, key)) for key in sorted(tree, key=int)]


def _table(kind: Any, tree: Tree, at: str) -> dict[str, Any]:
    if at.endswith(("metadata", "metadata]")):
        _check_metadata(tree, at)
        return dict(tree)
    return {key: _value(kind, value, _inside(at, key)) for key, value in tree.items()}


def _check_metadata(tree: Tree, at: str) -> None:
    if len(tree) > METADATA_KEYS:
        raise invalid(f"You can only have up to {METADATA_KEYS} metadata keys.", at)
    for key, value in tree.items():
        if len(key) > METADATA_KEY_LENGTH:
            raise invalid(f"Metadata keys can have up to {METADATA_KEY_LENGTH} characters: {key}", at)
        if not isinstance(value, str) or len(value) > METADATA_LENGTH:
            raise invalid(f"Metadata values must be text of up to {METADATA_LENGTH} characters: {key}", at)


def _leaf(kinds: list[Any], text: str, at: str) -> Any:
    literals = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if text in literals:
        return text
    if text == "":
        raise _empty(at)
    if any(literals) and not {int, float} & set(kinds):
        if bool in kinds and text in ("true", "false"):
            return text == "true"
        raise invalid(f"Invalid {at}: must be one of {', '.join(map(str, literals))}", at)
    for kind in (int, bool, float, Decimal, str):
        if kind in kinds:
            return CONVERT[kind](text, at)
    if Any in kinds:
        return text
    wanted = "array" if any(get_origin(kind) is list for kind in kinds) else "object"
    raise invalid(f"Invalid {wanted}", at)


def _empty(at: str) -> Fault:
    message = (
        f"You passed an empty string for '{at}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{at}' cannot be unset."
    )
    return invalid(message, at, "parameter_invalid_empty")


def _integer(text: str, at: str) -> int:
    if not INTEGER.match(text):
        raise invalid(f"Invalid integer: {text}", at, "parameter_invalid_integer")
    return int(text)


def _boolean(text: str, at: str) -> bool:
    if text not in ("true", "false"):
        raise invalid(f"Invalid boolean: {text}", at)
    return text == "true"


def _decimal(text: str, at: str) -> str:
    try:
        finite = Decimal(text).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise invalid(f"Invalid decimal: {text}", at, "parameter_invalid_decimal")
    return text


def _number(text: str, at: str) -> float:
    return float(_decimal(text, at))


def _text(text: str, at: str) -> str:
    return text


CONVERT: dict[Any, typing.Callable[[str, str], Any]] = {
    int: _integer,
    bool: _boolean,
    float: _number,
    Decimal: _decimal,
    str: _text,
}
