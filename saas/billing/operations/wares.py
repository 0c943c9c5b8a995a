"""What is sold, as Stripe is to know it, and how that differs from what is there. Nothing is asked or changed here."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from saas.billing.facts import Object
from saas.billing.money import major_units, minor_units, price_of_millionth
from saas.billing.prices import CYCLES, PLAN, USE
from saas.billing.reasons import REASONS
from saas.catalogue.terms import Catalogue, Kind, Plan
from saas.catalogue.words import money

PRODUCTS, PRICES = "products", "prices"
METERS, PORTALS = "billing.meters", "billing_portal.configurations"
KINDS = {PRODUCTS: "product", PRICES: "price", METERS: "meter", PORTALS: "portal"}
"""Stripe's collections that hold what is sold, and what one of each is called."""
_ONLY_SENT = {"id", "transfer_lookup_key"}
_MAY_CHANGE = {PRODUCTS: None, PORTALS: None, PRICES: {"active", "lookup_key"}, METERS: {"display_name"}}
"""What Stripe lets one change of a kind; None is all."""
_CHECKED = {"currency", "unit_amount", "recurring", "active"}
"""What must be right of a price that the settings name."""
Found = Mapping[str, Sequence[Object]]
"""What there is at Stripe, by collection."""


@dataclass(frozen=True, slots=True)
class Ware:
    """Something that is to be at Stripe: of a kind, and found again by its key. ``meter`` is the key of the meter by which a price
    counts: its id is known when it is there. ``given`` is the id of a price that the settings name: it is not ours to make."""

    kind: str
    key: str
    params: Mapping[str, Any]
    meter: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done: “create” and “replace” make a new object, “change” and “retire” alter one, “wrong” is for people to
    mend. ``id`` is the object that is there, ``params`` is what it is to become, ``why`` says what differs."""

    verb: str
    kind: str
    key: str
    why: str = ""
    id: str = ""
    ware: Ware | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


def slug_of(sold: Catalogue) -> str:
    """What all keys of a product begin with."""
    return re.sub(r"[^a-z0-9]+", "-", sold.product.lower()).strip("-")[:40] or "saas"


def wanted(sold: Catalogue, given: Mapping[str, str]) -> list[Ware]:
    """All that is to be at Stripe, in the order in which it can be made; ``given`` are ids of prices by plan and cycle."""
    slug = slug_of(sold)
    plans = (ware for name, plan in sold.plans.items() for ware in _plan(sold, slug, name, plan, given))
    uses = (ware for name in charged_meters(sold) for ware in _use(sold, slug, name))
    return [*plans, *uses, _portal(slug)]


def charged_meters(sold: Catalogue) -> list[str]:
    """Meters whose use costs something in some plan; what stands without being weighed is not charged by use."""
    return [
        name
        for name, meter in sold.meters.items()
        if meter.kind is not Kind.COUNT
        and (meter.is_priced or any(sold.rating(plan, name).is_priced for plan in sold.plans))
    ]


def event_name_of(sold: Catalogue, meter: str) -> str:
    """What use of a meter is called at Stripe."""
    return f"{slug_of(sold)}_{meter}"


def _plan(sold: Catalogue, slug: str, name: str, plan: Plan, given: Mapping[str, str]) -> Iterator[Ware]:
    amounts = {cycle: amount for cycle in CYCLES if (amount := getattr(plan, cycle)) and not plan.custom}
    own = [cycle for cycle in amounts if f"{name}_{cycle}" not in given]
    if own:
        about = {"description": plan.sentence} if plan.sentence else {}
        params = {"id": f"{slug}-{name}", "name": f"{sold.product} {plan.label}", "active": True, **about}
        yield Ware(PRODUCTS, f"{slug}-{name}", {**params, "metadata": {"saas": slug, "kind": PLAN, "plan": name}})
    version = sold.terms(name).version
    for cycle, amount in amounts.items():
        key = f"{slug}_{name}_{cycle}"
        metadata = {"saas": slug, "kind": PLAN, "plan": name, "version": version, "cycle": cycle}
        price = {
            **_price(sold, slug, key, f"{slug}-{name}", metadata),
            "unit_amount": minor_units(amount, sold.currency),
            "recurring": {"interval": cycle},
        }
        yield Ware(PRICES, key, price, given=given.get(f"{name}_{cycle}", ""))


def _price(sold: Catalogue, slug: str, key: str, product: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    return {
        "product": product,
        "currency": sold.currency.lower(),
        "tax_behavior": "exclusive",
        "active": True,
        "lookup_key": key,
        "transfer_lookup_key": True,
        "metadata": metadata,
    }


def _use(sold: Catalogue, slug: str, name: str) -> Iterator[Ware]:
    label, event, product = sold.meters[name].label, event_name_of(sold, name), f"{slug}-use-{name}"
    counted = {
        "display_name": f"{sold.product}: {label}",
        "event_name": event,
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
        "value_settings": {"event_payload_key": "value"},
    }
    yield Ware(METERS, event, counted)
    metadata = {"saas": slug, "kind": USE, "meter": name}
    params = {"id": product, "name": f"{sold.product}: {label}", "active": True, "metadata": metadata}
    yield Ware(PRODUCTS, product, params)
    key = f"{slug}_use_{name}_{sold.currency.lower()}"
    price = {
        **_price(sold, slug, key, product, metadata),
        "unit_amount_decimal": format(price_of_millionth(sold.currency), "f"),
        "recurring": {"interval": "month", "usage_type": "metered"},
    }
    yield Ware(PRICES, key, price, meter=event)


def _portal(slug: str) -> Ware:
    on = {"enabled": True}
    features = {
        "payment_method_update": on,
        "invoice_history": on,
        "customer_update": {**on, "allowed_updates": ["address", "email", "tax_id"]},
        "subscription_cancel": {
            **on,
            "mode": "at_period_end",
            "cancellation_reason": {**on, "options": list(REASONS)},
        },
        "subscription_update": {"enabled": False},
    }
    return Ware(PORTALS, slug, {"features": features, "metadata": {"saas": slug}})


def difference(wares: Iterable[Ware], found: Found, slug: str) -> list[Step]:
    """What is to be done so that Stripe has what is wanted. Prices of plans that are not sold so any more are retired: they stay
    with those who have them."""
    meters = {one["event_name"]: one["id"] for one in found[METERS] if one["status"] == "active"}
    steps, kept = [], set()
    for ware in wares:
        params = with_meter(ware, meters.get(ware.meter, ""))
        there = _find(ware, params, found[ware.kind])
        step = _step(ware, params, there)
        if there is not None and (step is None or step.verb != "replace"):
            kept.add(there["id"])
        if step is not None and step.verb == "wrong":
            kept |= {price["id"] for price in found[PRICES] if price["lookup_key"] == ware.key}
        steps += [step] if step else []
    return steps + [_retire(price) for price in found[PRICES] if _is_over(price, slug) and price["id"] not in kept]


def _find(ware: Ware, params: Mapping[str, Any], found: Iterable[Object]) -> Object | None:
    """What is there of a ware; of a price rather one of the past that sells the very same, as terms may come back."""
    fit = [one for one in found if _is(ware, params, one)]
    fixed = [name for name, _ in _compared(ware, params) if name not in (_MAY_CHANGE[ware.kind] or ())]
    return min(fit, default=None, key=lambda one: not all(_holds(params[name], one.get(name)) for name in fixed))


def _is(ware: Ware, params: Mapping[str, Any], one: Object) -> bool:
    about = one.get("metadata") or {}
    if ware.kind == PRODUCTS:
        return bool(one["id"] == ware.key)
    if ware.given:
        return bool(one["id"] == ware.given)
    if ware.kind == PRICES:
        return bool(one["lookup_key"] == ware.key or about == params["metadata"])
    if ware.kind == METERS:
        return bool(one["event_name"] == ware.key and one["status"] == "active")
    return bool(one["active"] and about.get("saas") == ware.key)


def _step(ware: Ware, params: Mapping[str, Any], there: Object | None) -> Step | None:
    if there is None and ware.given:
        return Step("wrong", PRICES, ware.key, f"there is no {ware.given}, which the settings name", ware.given, ware)
    if there is None:
        return Step("create", ware.kind, ware.key, told(ware), ware=ware, params=ware.params)
    differs = {name: value for name, value in _compared(ware, params) if not _holds(value, there.get(name))}
    if not differs:
        return None
    why = "; ".join(_told_apart(differs, there))
    if ware.given:
        return Step("wrong", PRICES, ware.key, f"{ware.given}, which the settings name: {why}", ware.given, ware)
    may = _MAY_CHANGE[ware.kind]
    if may is None or set(differs) <= may:
        more = {"transfer_lookup_key": True} if "lookup_key" in differs else {}
        return Step("change", ware.kind, ware.key, why, there["id"], ware, {**differs, **more})
    verb = "replace" if ware.kind == PRICES else "wrong"
    return Step(verb, ware.kind, ware.key, why, there["id"], ware, ware.params)


def _compared(ware: Ware, params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in params.items():
        if name in _CHECKED if ware.given else name not in _ONLY_SENT:
            yield name, value


def with_meter(ware: Ware, id: str) -> Mapping[str, Any]:
    """The parameters of a ware, with the meter by which it counts."""
    return {**ware.params, "recurring": {**ware.params["recurring"], "meter": id}} if ware.meter else ware.params


def _holds(wanted: Any, there: Any) -> bool:
    """Whether something is as it is wanted; what nobody wants may be there beside it."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(_holds(value, there.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return sorted(wanted) == sorted(there or ())
    if wanted == there:
        return True
    try:
        return not isinstance(wanted, bool) and Decimal(str(wanted)) == Decimal(str(there))
    except InvalidOperation:
        return False


def _told_apart(wanted: Mapping[str, Any], there: Any) -> Iterator[str]:
    """What differs, in words, name by name."""
    for name, value in wanted.items():
        found = there.get(name) if isinstance(there, Mapping) else None
        if isinstance(value, Mapping):
            yield from _told_apart(value, found)
        elif not _holds(value, found):
            yield f"{name} is {_said(found)}, not {_said(value)}"


def _said(value: Any) -> str:
    return "nothing" if value is None else f"“{value}”" if isinstance(value, str) else str(value)


def _is_over(price: Object, slug: str) -> bool:
    """Whether a price is one that we made to sell a plan and that can still be bought."""
    about = price.get("metadata") or {}
    return bool(price["active"] and about.get("saas") == slug and about.get("kind") == PLAN)


def _retire(price: Object) -> Step:
    about = price["metadata"]
    why = f"{about.get('plan')} by the {about.get('cycle')} in version {about.get('version')} is not sold any more"
    return Step("retire", PRICES, price["id"], why, price["id"], params={"active": False})


def told(ware: Ware) -> str:
    """A ware in words."""
    params, about = ware.params, ware.params.get("metadata") or {}
    if ware.kind != PRICES:
        return str(params.get("name") or params.get("display_name") or "payment method, invoices, details, cancelling")
    currency = params["currency"].upper()
    if about["kind"] == USE:
        return f"a millionth of {currency}, by the month"
    amount = money(major_units(params["unit_amount"], currency), currency=currency)
    return f"{amount} by the {about['cycle']}, version {about['version']}"
