"""`saas billing sync`, from the command line to Stripe and back."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from saas.billing.gateway import Refused
from saas.billing.models import StripePrice
from saas.billing.operations.offering import compare_offering, sync
from saas.billing.prices import plan_prices, price_id_of, use_prices
from saas.catalogue.current import catalogue
from saas.core.database import db
from saas.tenancy.models import PlanVersion
from saas.tenancy.scope import platform_scope
from tests.billing.selling.conftest import Shop, selling, set_up

Saas = Callable[..., Result]
MADE = ("product", "price", "billing.meter", "billing_portal.configuration")


def everything(shop: Shop) -> list[Any]:
    return [shop.all(kind) for kind in MADE]


def test_what_is_sold_can_be_bought_afterwards(shop: Shop, saas: Saas) -> None:
    result = saas("billing", "sync")
    assert result.exit_code == 0, result.output
    assert "create   price    keystone_pro_month: €29.00 by the month" in result.output
    with platform_scope():
        terms = catalogue().terms("pro")
        assert price_id_of(terms, "month") == shop.price("keystone_pro_month")["id"]
        assert price_id_of(terms, "year") == shop.price("keystone_pro_year")["id"]
        assert use_prices("EUR")["images"] == shop.price("keystone_use_images_eur")["id"]
        assert db.session.get(PlanVersion, terms.version) is not None


def test_a_second_run_changes_nothing(shop: Shop, saas: Saas) -> None:
    saas("billing", "sync")
    before = everything(shop)
    assert "Nothing was to be done." in saas("billing", "sync").output
    assert "Nothing is to be done." in saas("billing", "sync", "--dry-run").output
    assert everything(shop) == before


def test_a_dry_run_says_what_differs_and_changes_nothing(shop: Shop, saas: Saas) -> None:
    with platform_scope() as session:
        known = set(session.scalars(select(StripePrice.id)))
    result = saas("billing", "sync", "--dry-run")
    assert (result.exit_code, "would be done." in result.output) == (0, True)
    assert everything(shop) == [[], [], [], []]
    with platform_scope() as session:
        assert set(session.scalars(select(StripePrice.id))) == known


def test_a_new_amount_is_for_new_buyers_and_the_old_price_stays_known(shop: Shop, saas: Saas) -> None:
    saas("billing", "sync")
    old = shop.price("keystone_pro_month")
    with selling({"plans": {"pro": {"month": "31"}}}):
        told = saas("billing", "sync").output
        assert "replace  price    keystone_pro_month: " in told
        assert "unit_amount is 2900, not 3100" in told
        new = shop.price("keystone_pro_month")
        assert (new["unit_amount"], new["active"]) == (3100, True)
        assert "Nothing was to be done." in saas("billing", "sync").output
        with platform_scope():
            assert price_id_of(catalogue().terms("pro"), "month") == new["id"]
            assert plan_prices()[old["id"]].plan == plan_prices()[new["id"]].plan == "pro"
            assert plan_prices()[old["id"]].version != plan_prices()[new["id"]].version
    (left,) = shop.all("price", id=old["id"])
    assert (left["active"], left["lookup_key"]) == (False, None)


def test_going_back_to_old_terms_sells_them_again(shop: Shop, saas: Saas) -> None:
    saas("billing", "sync")
    with selling({"plans": {"pro": {"month": "31"}}}):
        saas("billing", "sync")
    saas("billing", "sync")
    again = shop.price("keystone_pro_month")
    assert (again["unit_amount"], again["active"]) == (2900, True)
    with platform_scope():
        assert price_id_of(catalogue().terms("pro"), "month") == again["id"]
    assert "Nothing was to be done." in saas("billing", "sync").output


def test_what_is_not_sold_any_more_is_retired_and_comes_back_as_it_was(shop: Shop, saas: Saas) -> None:
    with selling({"plans": {"team": {"label": "Team", "month": "99"}}}):
        saas("billing", "sync")
    assert "retire" in saas("billing", "sync").output
    assert shop.price("keystone_team_month")["active"] is False
    with selling({"plans": {"team": {"label": "Team", "month": "99"}}}):
        saas("billing", "sync")
    assert (shop.price("keystone_team_month")["active"], len(shop.all("price", product="keystone-team"))) == (True, 1)


def test_a_run_that_is_interrupted_after_any_step_is_taken_up_by_the_next(shop: Shop, saas: Saas) -> None:
    times = 0
    while (compared := compare_offering())[1]:
        shop.fail(400, after_effect=True)
        with pytest.raises(Refused):
            next(sync(*compared))
        times += 1
    assert times == 15
    assert [len(found) for found in everything(shop)] == [5, 6, 3, 1]
    assert "Nothing was to be done." in saas("billing", "sync").output
    with platform_scope():
        assert price_id_of(catalogue().terms("pro"), "month") == shop.price("keystone_pro_month")["id"]


def test_what_was_done_before_stripe_refused_stays_done(shop: Shop, saas: Saas) -> None:
    saas("billing", "sync")
    shop.api.products.update("keystone-pro", {"name": "Old"})
    with selling({"plans": {"pro": {"month": "31"}, "team": {"label": "Team", "month": "99"}}}):
        found, steps = compare_offering()
        shop.fail(400, path="/v1/products/keystone-pro")
        with pytest.raises(Refused):
            list(sync(found, steps))
        assert saas("billing", "sync").exit_code == 0
    (product,) = shop.all("product", id="keystone-pro")
    assert product["name"] == "Keystone Pro"


@pytest.mark.parametrize(("status", "said"), [(429, "does not answer"), (401, "does not answer"), (400, "refused")])
def test_what_stripe_answers_wrongly_is_told_in_a_sentence(shop: Shop, saas: Saas, status: int, said: str) -> None:
    shop.fail(status, times=9)
    result = saas("billing", "sync")
    assert (result.exit_code, said in result.output) == (1, True)


def test_prices_that_the_settings_name_are_honoured_and_checked(shop: Shop, saas: Saas) -> None:
    own = shop.api.prices.create(
        {"currency": "eur", "unit_amount": 2900, "recurring": {"interval": "month"}, "product_data": {"name": "Pro"}}
    )
    with set_up(stripe_prices={"pro_month": own.id, "pro_year": "price_missing"}):
        result = saas("billing", "sync")
        assert result.exit_code == 0
        assert "there is no price_missing, which the settings name" in result.output
        assert "1 cannot be mended from here." in result.output
        assert own.id not in result.output
        assert not shop.all("price", lookup_key="keystone_pro_month")
        with platform_scope():
            assert price_id_of(catalogue().terms("pro"), "month") == own.id
    with platform_scope():
        assert plan_prices()[own.id].plan == "pro"
    with set_up(stripe_prices={"trial_month": own.id}):
        assert f"{own.id}, which the settings name: unit_amount is 2900, not 4900" in saas("billing", "sync").output


def test_without_a_key_it_says_so(app: object, saas: Saas) -> None:
    result = saas("billing", "sync")
    assert (result.exit_code, "Nothing can be paid online here." in result.output) == (1, True)
