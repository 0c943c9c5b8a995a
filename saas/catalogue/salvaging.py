"""What can still be looked at in a file that has faults: wrong values are taken out, and the rest is read as if it stood alone.

So one check tells of faults in the shape of parts and of parts that do not fit together, instead of first these, then those.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from saas.catalogue.terms import Catalogue

_STAND_INS = {
    "product": "–",
    "label": "–",
    "unit": "–",
    "currency": "EUR",
    "price": 0,
    "primary": "#000000",
    "accent": "#000000",
}
"""For keys that must not be missing: values that no rule finds fault with."""
_ROUNDS = 8


def salvage(values: Mapping[str, Any]) -> tuple[Catalogue | None, list[ErrorDetails]]:
    """The catalogue in the values of a file, or what is left of it without its wrong values; and everything wrong with these.

    None where nothing is left that could be looked at.
    """
    rest, told = deepcopy(dict(values)), list[ErrorDetails]()
    for number in range(_ROUNDS):
        try:
            return Catalogue.model_validate(rest), told
        except ValidationError as error:
            found = error.errors()
        told += found if number == 0 else []
        for one in reversed(found):
            _mend(rest, one)
    return None, told


def place_of(error: ErrorDetails) -> tuple[int | str, ...]:
    """The keys that lead to a fault; a name that is none of its own kind stands where what it names does."""
    place = error["loc"]
    return place[:-1] if place[-1] == "[key]" and error["type"] != "extra_forbidden" else place


def _mend(rest: Any, error: ErrorDetails) -> None:
    """Take out what is wrong, or stand in for what is missing; a later entry of a list first, so that places stay true."""
    *way, last = place_of(error)
    for part in way:
        try:
            rest = rest[part]
        except (KeyError, IndexError, TypeError):
            return
    if error["type"] == "missing" and isinstance(rest, dict):
        if last in _STAND_INS:
            rest[last] = _STAND_INS[str(last)]
    elif isinstance(rest, dict):
        rest.pop(last, None)
    elif isinstance(rest, list) and isinstance(last, int) and last < len(rest):
        del rest[last]
