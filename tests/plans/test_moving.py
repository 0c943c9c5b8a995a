"""A plan's terms stay as they were bought until an operator moves people on."""

import pytest

from saas.catalogue.current import catalogue, install_catalogue
from saas.core.actor import SYSTEM
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import LimitReached
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_work, tenant_scope
from tests.cast import Organisation
from tests.usage.conftest import use


@pytest.fixture
def narrower(app):
    """Sell, from when it is called on, a plan Pro that stops at four images."""
    before = catalogue()

    def sell() -> None:
        plan = before.plans["pro"].model_copy(update={"limits": {"images": 4, "storage": None}, "included": {}})
        install_catalogue(before.model_copy(update={"plans": {**before.plans, "pro": plan}}))

    yield sell
    install_catalogue(before)


@pytest.fixture
def pro(acme: Organisation) -> Organisation:
    """Acme on Pro."""
    with platform_work() as session:
        give_plan(session.get_one(Tenant, acme.id), "pro", actor=SYSTEM)
    return acme


def limit_of(organisation: Organisation) -> int | None:
    with tenant_scope(organisation):
        return entitlements().limit("images")


def test_who_bought_before_keeps_the_terms_and_who_buys_now_gets_the_new_ones(pro, umbrella, narrower):
    narrower()
    with platform_work() as session:
        give_plan(session.get_one(Tenant, umbrella.id), "pro", actor=SYSTEM)
    assert (limit_of(pro), limit_of(umbrella)) == (None, 4)


def test_an_operator_moves_them_on_and_hears_what_will_not_fit(pro, narrower, saas):
    use(pro, "images", 9)
    narrower()
    told = saas("plans", "migrate", "pro", "--organisation", pro.slug, "--dry-run").output
    assert "has more than it allows: Images: 9 images, then 4" in told
    assert limit_of(pro) is None
    moved = saas("plans", "migrate", "pro", "--organisation", pro.slug, "--yes")
    assert (moved.exit_code, "1 moved." in moved.output) == (0, True)
    assert limit_of(pro) == 4
    with pytest.raises(LimitReached, match="9 images are in use"):
        use(pro, "images", 1)
    again = saas("plans", "migrate", "pro", "--organisation", pro.slug, "--yes")
    assert "Everybody on pro has the terms that are sold now." in again.output


def test_an_operator_who_gives_a_smaller_plan_hears_what_will_not_fit(pro, saas):
    use(pro, "images", 9)
    given = saas("plans", "give", pro.slug, "free")
    assert (given.exit_code, "Images: 9 images, then 5" in given.output) == (0, True)
    assert limit_of(pro) == 5
    assert "already" in saas("plans", "give", pro.slug, "free").output
    assert saas("plans", "give", pro.slug, "lots").exit_code == 2


def test_the_list_says_who_has_what(pro, saas):
    listed = saas("plans", "list")
    row = next(line.split() for line in listed.output.splitlines() if line.startswith("pro ") and "sold now" in line)
    assert int(row[3]) >= 1


@pytest.mark.parametrize("plan", ["lots", ""])
def test_a_plan_that_is_not_sold_is_refused(app, saas, plan):
    assert saas("plans", "migrate", plan).exit_code == 2
