"""The table of the API's routes, into which every resource writes its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from stripe import RequestOptions

from saas.sandbox.stripe.store import Object, Store


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API: `values` are its checked parameters without ``expand``, `path` what stood in the address."""

    store: Store
    values: Object
    path: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in the address."""
        return self.path["id"]

    @property
    def now(self) -> int:
        """The sandbox's own time, UTC seconds; a customer may have another: `Store.now`."""
        return self.store.now()


View = Callable[[Call], Object]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and an address, the SDK's type of its parameters (None: there are none) and what answers."""

    method: str
    path: str
    params: type | None
    view: View
    unknown: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the addresses of the route; the parts in braces are groups."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "$")


TABLE: list[Route] = []


def route(
    method: str, path: str, params: type | None = None, *, unknown: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Put a function into the table, e.g. ``@route("POST", "/v1/customers/{id}", CustomerUpdateParams)``.

    Parameters named in `unknown` exist at Stripe but not here and are refused.
    """

    def register(view: View) -> View:
        TABLE.append(Route(method, path, params, view, unknown))
        return view

    return register


def all_but(params: type, known: str) -> tuple[str, ...]:
    """The keys of a type of parameters but these (names with spaces between): for a route's `unknown`."""
    kept = {*known.split(), "expand", *RequestOptions.__annotations__}
    return tuple(name for name in params.__annotations__ if name not in kept)
