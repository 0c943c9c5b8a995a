"""How parameters change an object: empty text unsets, metadata and nested objects are merged, the rest replaces."""

from collections.abc import Iterable
from typing import Any

from saas.sandbox.stripe.shapes import completed, resource_class
from saas.sandbox.stripe.store import Object


def change(obj: Object, values: Object, names: Iterable[str] | None = None) -> None:
    """Write parameters (all, or those named) into an object."""
    for name in names if names is not None else list(values):
        if name in values:
            obj[name] = (
                merged_metadata(obj[name], values[name]) if name == "metadata" else _merged(obj.get(name), values[name])
            )
    shape = resource_class(obj["object"])
    assert shape is not None
    obj.update(completed(shape, obj))


def merged_metadata(old: Object | None, new: Any) -> Object:
    """Metadata after a change: an empty value takes a key away, empty text all of them."""
    both = {} if new == "" else (old or {}) | new
    return {key: value for key, value in both.items() if value != ""}


def _merged(old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        return (old if isinstance(old, dict) else {}) | {name: _merged(None, value) for name, value in new.items()}
    return None if new == "" else new
