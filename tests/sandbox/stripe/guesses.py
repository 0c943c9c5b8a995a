"""Calls made by chance: parameters of the right types, some with right ids, most without sense."""

import random
import re
import typing
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from stripe._stripe_object import UntypedStripeObject

from saas.sandbox.stripe.routes import Route
from saas.sandbox.stripe.store import Store
from saas.sandbox.stripe.walker import _hints

TEXTS = [
    "x",
    "eur",
    "usd",
    "2",
    "-1",
    "0.5",
    "inf",
    "now",
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "https://example.com/",
    "é" * 300,
]
NUMBERS = [-1, 0, 1, 3, 50, 1000, 10**9, 10**17]


class Guesser:
    """Makes calls to routes, from a seed."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)

    def wants(self, route: Route) -> bool:
        """Whether to call a route now: deletions seldom, so that something is left."""
        return route.method != "DELETE" or self.chance.random() < 0.03

    def path(self, route: Route) -> str:
        """An address of a route, mostly with ids that there are."""
        path = route.path
        while "{" in path:
            head, _, rest = path.partition("{")
            path = head + self._id(head.rstrip("/").rpartition("/")[2].removesuffix("s")) + rest.partition("}")[2]
        return path

    def form(self, route: Route) -> dict[str, str]:
        """Parameters for a route, as a form."""
        found: dict[str, str] = {}
        if route.params:
            self._object(route.params, "", found, 0, unknown=route.unknown)
        return found

    def _id(self, word: str) -> str:
        """An id: mostly of the kind that a word names, if there is one, else of any."""
        kinds = self.store.state["objects"]
        fitting = [id for kind in kinds if kind.rpartition(".")[2] == word for id in kinds[kind]]
        ids = fitting if fitting and self.chance.random() < 0.9 else [id for kind in kinds for id in kinds[kind]]
        return self.chance.choice(ids) if self.chance.random() < 0.95 else "none"

    def _object(self, shape: type, at: str, found: dict[str, str], depth: int, unknown: tuple[str, ...] = ()) -> None:
        for name, (hint, required) in _hints(shape).items():
            likely = 0.12
            if name not in unknown and (required or self.chance.random() < likely) and depth < 5:
                self._value(hint, f"{at}[{name}]" if at else name, found, depth)

    def _value(self, hint: Any, at: str, found: dict[str, str], depth: int) -> None:
        kinds = get_args(hint) if get_origin(hint) in (typing.Union, UnionType) else (hint,)
        kind = self.chance.choice([it for it in kinds if get_origin(it) is not UntypedStripeObject] or [str])
        if any(get_origin(it) is Literal for it in kinds) and kind is str:
            kind = next(it for it in kinds if get_origin(it) is Literal)
        if hasattr(kind, "__required_keys__"):
            self._object(kind, at, found, depth + 1)
        elif get_origin(kind) is list:
            for place in range(self.chance.randint(1, 2)):
                self._value(get_args(kind)[0], f"{at}[{place}]", found, depth + 1)
        elif get_origin(kind) is dict:
            self._value(
                get_args(kind)[1], f"{at}[{self.chance.choice(['eur', 'k', 'stripe_customer_id'])}]", found, depth + 1
            )
        else:
            found[at] = self._leaf(kind, at)

    def _leaf(self, kind: Any, at: str) -> str:
        if get_origin(kind) is Literal:
            return str(self.chance.choice(get_args(kind)))
        if kind is bool:
            return self.chance.choice(["true", "false"])
        if kind in (int, float):
            moments = [self.store.now() + self.chance.randint(-(10**6), 10**7)]
            return str(self.chance.choice(moments if "_at" in at or "time" in at or "date" in at else NUMBERS))
        words = re.findall(r"[a-z_]+", at)
        name = words[-1] if words else ""
        if name == "currency":
            return "eur"
        known = any(kind.rpartition(".")[2] in name for kind in self.store.state["objects"])
        return self._id(name.removeprefix("default_")) if known else self.chance.choice(TEXTS)
