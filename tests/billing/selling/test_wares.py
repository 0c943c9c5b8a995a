"""What is wanted at Stripe, and how it differs from what is there: no call, no database."""

from decimal import Decimal
from typing import Any

import pytest

from saas.billing.operations.wares import (
    KINDS,
    METERS,
    PORTALS,
    PRICES,
    PRODUCTS,
    Ware,
    charged_meters,
    difference,
    wanted,
)
from saas.catalogue.reading import path_of, read
from saas.catalogue.terms import Catalogue


@pytest.fixture
def sold() -> Catalogue:
    return read(path_of("tests/catalogue.toml"))


def there(wares: list[Ware]) -> dict[str, list[dict[str, Any]]]:
    """What Stripe holds when all that was wanted was made."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for number, ware in enumerate(wares):
        made = {"id": f"id_{number}", "active": True, "status": "active", "lookup_key": None, **ware.params}
        if ware.meter:
            made["recurring"] = {**made["recurring"], "meter": _meter(found, ware.meter), "interval_count": 1}
        if "unit_amount_decimal" in made:
            made["unit_amount_decimal"] = Decimal(made["unit_amount_decimal"])
        found[ware.kind].append(made)
    return found


def _meter(found: dict[str, list[dict[str, Any]]], name: str) -> str:
    return str(next(one["id"] for one in found[METERS] if one["event_name"] == name))


def verbs(sold: Catalogue, found: Any, given: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    steps = difference(wanted(sold, given or {}), found, "keystone")
    return [(step.verb, step.kind, step.key) for step in steps]


def test_each_plan_with_a_price_is_a_product_and_each_cycle_a_price(sold: Catalogue) -> None:
    wares = {ware.key: ware for ware in wanted(sold, {}) if ware.kind in (PRODUCTS, PRICES)}
    assert set(wares) == {
        *("keystone-trial", "keystone_trial_month", "keystone-pro", "keystone_pro_month", "keystone_pro_year"),
        *("keystone-use-ai_tokens", "keystone_use_ai_tokens_eur", "keystone-use-images", "keystone_use_images_eur"),
        *("keystone-use-storage", "keystone_use_storage_eur"),
    }
    price = wares["keystone_pro_year"].params
    assert (price["unit_amount"], price["currency"], price["recurring"]) == (29000, "eur", {"interval": "year"})
    version = sold.terms("pro").version
    about = {"saas": "keystone", "kind": "plan", "plan": "pro", "version": version, "cycle": "year"}
    assert price["metadata"] == about


def test_what_only_one_plan_charges_for_has_a_meter_too(sold: Catalogue) -> None:
    assert charged_meters(sold) == ["ai_tokens", "images", "storage"]
    plan = sold.plans["pro"].model_copy(update={"overage": {"workflow_runs": sold.meters["images"]}})
    assert "workflow_runs" in charged_meters(sold.model_copy(update={"plans": {**sold.plans, "pro": plan}}))


@pytest.mark.parametrize(("currency", "price"), [("EUR", "0.0001"), ("JPY", "0.000001"), ("KWD", "0.001")])
def test_use_is_sold_by_the_millionth_of_the_currency(sold: Catalogue, currency: str, price: str) -> None:
    wares = wanted(sold.model_copy(update={"currency": currency}), {})
    assert {ware.params["unit_amount_decimal"] for ware in wares if ware.meter} == {price}


def test_nothing_differs_once_all_is_there(sold: Catalogue) -> None:
    wares = wanted(sold, {})
    nothing: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    assert [verb for verb, _, _ in verbs(sold, nothing)] == ["create"] * len(wares)
    assert verbs(sold, there(wares)) == []


def test_another_amount_is_another_price_and_the_old_one_is_retired(sold: Catalogue) -> None:
    found = there(wanted(sold, {}))
    plan = sold.plans["pro"].model_copy(update={"month": Decimal(31)})
    dearer = sold.model_copy(update={"plans": {**sold.plans, "pro": plan}})
    old = {price["lookup_key"]: price["id"] for price in found[PRICES]}
    assert verbs(dearer, found) == [
        ("replace", PRICES, "keystone_pro_month"),
        ("replace", PRICES, "keystone_pro_year"),  # its version is another: all terms of a plan are sold together
        ("retire", PRICES, old["keystone_pro_month"]),
        ("retire", PRICES, old["keystone_pro_year"]),
    ]


def test_what_may_change_is_changed_and_nothing_else_touched(sold: Catalogue) -> None:
    found = there(wanted(sold, {}))
    found[PRODUCTS][0]["name"] = "Something else"
    found[METERS][0]["display_name"] = "Something else"
    found[PORTALS][0]["features"]["invoice_history"] = {"enabled": False}
    found[PRICES][0]["active"] = False
    found[PRICES].append(
        {**found[PRICES][0], "id": "price_of_somebody_else", "metadata": {}, "lookup_key": None, "active": True}
    )
    assert {verb for verb, _, _ in verbs(sold, found)} == {"change"}
    assert len(verbs(sold, found)) == 4


def test_a_meter_that_counts_in_another_way_is_for_people_to_mend(sold: Catalogue) -> None:
    found = there(wanted(sold, {}))
    found[METERS][0]["default_aggregation"] = {"formula": "last"}
    assert verbs(sold, found) == [("wrong", METERS, "keystone_ai_tokens")]


def test_a_price_that_the_settings_name_is_checked_and_not_made(sold: Catalogue) -> None:
    found = there(wanted(sold, {}))
    own = {
        "id": "price_own",
        "lookup_key": None,
        "unit_amount": 2900,
        "currency": "eur",
        "recurring": {"interval": "month"},
    }
    found[PRICES].append({**own, "active": True, "metadata": {}})
    given = {"pro_month": "price_own"}
    old = next(price["id"] for price in found[PRICES] if price["lookup_key"] == "keystone_pro_month")
    assert verbs(sold, found, given) == [("retire", PRICES, old)]
    found[PRICES][-1]["unit_amount"] = 3000  # until that is mended, what was sold before stays
    assert verbs(sold, found, given) == [("wrong", PRICES, "keystone_pro_month")]
    assert verbs(sold, found, {"pro_month": "price_gone"}) == [("wrong", PRICES, "keystone_pro_month")]
