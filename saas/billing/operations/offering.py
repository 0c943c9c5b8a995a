"""Bringing Stripe into line with the catalogue: step by step, each of which can be done again. Outside every scope."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from json import dumps
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from saas.billing import gateway
from saas.billing.facts import Object
from saas.billing.models import StripePrice
from saas.billing.operations.wares import (
    KINDS,
    METERS,
    PRICES,
    Found,
    Step,
    Ware,
    difference,
    slug_of,
    wanted,
    with_meter,
)
from saas.billing.prices import PLAN, USE
from saas.catalogue.current import catalogue
from saas.core.runtime import settings
from saas.tenancy.plans import keep_terms
from saas.tenancy.scope import platform_work

_MAKES = ("create", "replace")


def compare_offering() -> tuple[Found, list[Step]]:
    """What is at Stripe, and what is to be done about it. Raises Conflict where nothing is paid online, Unanswered."""
    found = {kind: gateway.list_all(kind) for kind in KINDS}
    return found, difference(wanted(catalogue(), settings().stripe_prices), found, slug_of(catalogue()))


def sync(found: Found, steps: Iterable[Step]) -> Iterator[Step]:
    """Do what is to be done, and note what sells what; gives each step that was done.

    Raises Refused and Unanswered: what was done before stays done, and the next time goes on from there.
    """
    slug = slug_of(catalogue())
    ours = [price for price in found[PRICES] if (price.get("metadata") or {}).get("saas") == slug]
    _write([*map(_row, ours), *_given(found[PRICES])])
    meters = {one["event_name"]: one["id"] for one in found[METERS] if one["status"] == "active"}
    for step in steps:
        if step.verb == "wrong":
            continue
        if step.ware is None or step.verb not in _MAKES:
            gateway.update_one(step.kind, step.id, dict(step.params))
        else:
            made = _make(step, step.ware, meters)
            if step.kind == METERS:
                meters[made["event_name"]] = made["id"]
            if step.kind == PRICES:
                _write([_row(made)])
        yield step


def _make(step: Step, ware: Ware, meters: dict[str, str]) -> Object:
    params = dict(with_meter(ware, meters.get(ware.meter, "")))
    return gateway.create_one(step.kind, params, key=_key(step, params))


def _key(step: Step, params: dict[str, Any]) -> str:
    """The same for the same wish about the same state of things: what was made, and replaced since, can be made again."""
    return f"sync:{sha256(dumps([step.kind, step.id, params], sort_keys=True).encode()).hexdigest()[:40]}"


def _row(price: Object) -> dict[str, Any]:
    about = price["metadata"]
    return _values(price, about, about["plan"] if about["kind"] == PLAN else about["meter"])


def _values(price: Object, about: Any, name: str) -> dict[str, Any]:
    return {
        "id": price["id"],
        "kind": PLAN if about["kind"] == PLAN else USE,
        "name": name,
        "version": about.get("version", ""),
        "cycle": about.get("cycle", ""),
        "currency": price["currency"].upper(),
    }


def _given(prices: Sequence[Object]) -> list[dict[str, Any]]:
    """Prices that the settings name: noted, so that who bought one is known when they name another."""
    there = {price["id"]: price for price in prices}
    wares = (ware for ware in wanted(catalogue(), settings().stripe_prices) if ware.given in there and ware.given)
    return [_values(there[ware.given], ware.params["metadata"], ware.params["metadata"]["plan"]) for ware in wares]


def _write(rows: Sequence[dict[str, Any]]) -> None:
    """Note what prices sell, and the terms that are sold today."""
    with platform_work() as session:
        for name in catalogue().plans:
            keep_terms(catalogue().terms(name))
        if rows:
            session.execute(insert(StripePrice).values(list(rows)).on_conflict_do_nothing())
