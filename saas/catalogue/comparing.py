"""What two catalogues differ in, as people who have a plan would notice it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from saas.catalogue.terms import UNLIMITED, Catalogue

_KEPT = ("plans", "meters", "features", "themes")


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value differs; None where it is not there. ``plan`` is the one whose buyers keep the former terms."""

    key: str
    before: Any
    after: Any
    plan: str = ""


def compare(old: Catalogue, new: Catalogue) -> list[Difference]:
    """Every difference, in the order of the file."""
    found = list(_tables((), _values(old, without=_KEPT), _values(new, without=_KEPT)))
    for name in _KEPT:
        before, after = getattr(old, name), getattr(new, name)
        for key in [*before, *(key for key in after if key not in before)]:
            found += _part((name, key), before.get(key), after.get(key), key if name == "plans" else "")
    return found


def _part(key: tuple[str, ...], before: BaseModel | None, after: BaseModel | None, plan: str) -> Iterator[Difference]:
    if before is None or after is None:
        yield Difference(".".join(key), before and "there", after and "there", plan)
    else:
        yield from _tables(key, _values(before), _values(after), plan)


def _values(part: BaseModel, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude=set(without))


def _tables(key: tuple[str, ...], before: Any, after: Any, plan: str = "") -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _tables((*key, name), before.get(name, _NOTHING), after.get(name, _NOTHING), plan)
    elif before != after:
        yield Difference(".".join(key), _told(key, before), _told(key, after), plan)


_NOTHING = object()


def _told(key: tuple[str, ...], value: Any) -> Any:
    """A value as the file has it: nothing in a table of limits is unlimited."""
    if value is _NOTHING:
        return None
    return UNLIMITED if value is None and "limit" in "".join(key[-2:]) else value
