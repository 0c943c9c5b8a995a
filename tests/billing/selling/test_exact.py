"""What Stripe was told is what the events cost, whatever happened: checked against a reckoning of the test's own."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from click.testing import Result

from saas.billing.money import millionths
from saas.billing.operations.looking import look_at
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import send_use
from saas.catalogue.current import catalogue
from saas.catalogue.pricing import cost
from saas.core.actor import SYSTEM
from saas.tenancy.models import Tenant
from saas.tenancy.plans import give_plan
from saas.tenancy.scope import platform_work, tenant_work
from saas.usage.archiving import archive_all
from saas.usage.operations.consuming import Receipt, give_back
from saas.usage.periods import period_of
from tests.billing.selling.conftest import Shop, selling
from tests.billing.selling.test_use import began, by_events, present, report, use, waiting
from tests.cast import Organisation

Saas = Callable[..., Result]
TIERS = [{"up_to": 10, "price": "0.03"}, {"up_to": 25, "price": "0.0123456"}, {"price": "0.0000007"}]
SOLD = {
    "meters": {"workflow_runs": {"tiers": TIERS}, "api_calls": {"price": "0.99", "per": 7}},
    "plans": {"pro": {"included": {"images": 10, "storage": 5, "workflow_runs": 4, "api_calls": 3}}},
}
MODELS = {"ai_tokens": ("swift", "steady", "deep")}


class Model:
    """Rates each use by the plan that was there, one after the other."""

    def __init__(self) -> None:
        self.used: dict[Any, Decimal] = defaultdict(Decimal)
        self.cost: dict[str, Decimal] = defaultdict(Decimal)

    def use(self, plan: str, meter: str, quantity: int, dimension: str, at: datetime) -> Callable[[], None]:
        """Count a use; calling what it returns gives it back."""
        terms, place = catalogue().terms(plan), (meter, period_of(at).key)
        included = terms.included.get(meter, 0)
        added = cost(
            terms.ratings[meter], Decimal(quantity), before=self.used[place], included=included, dimension=dimension
        )
        self.used[place] += quantity
        self.cost[meter] += added

        def back() -> None:
            self.used[place] -= quantity
            self.cost[meter] -= added

        return back


@pytest.mark.parametrize("seed", range(3))
def test_any_history_is_charged_to_the_millionth(shop: Shop, saas: Saas, acme: Organisation, seed: int) -> None:
    random, model = Random(seed), Model()
    with selling(SOLD):
        saas("billing", "sync")
        shop.subscribe(acme)
        now = datetime.now(UTC)
        began(acme, now - timedelta(days=70))
        live(acme, shop, model, random, now)
        report(acme)
        charged = {meter: amount for meter, amount in model.cost.items() if amount}
        assert by_events(acme) == charged
        assert waiting(acme) == []
        assert {meter: shop.counted(meter) for meter in charged} == {
            meter: millionths(amount) for meter, amount in charged.items()
        }


def live(acme: Organisation, shop: Shop, model: Model, random: Random, now: datetime) -> None:
    """A life of uses now and late, changes of plan, work that failed, and reports in between."""
    plan, done = "pro", list[tuple[Receipt, Callable[[], None]]]()
    for _ in range(40):
        meter = random.choice(["images", "ai_tokens", "workflow_runs", "api_calls"])
        dimension = random.choice(MODELS.get(meter, [""]))
        at = now - timedelta(days=random.choice([0, 0, 0, 20, 35, 60]), seconds=random.randrange(3600))
        quantity = random.randint(1, 15)
        receipt = use(acme, meter, quantity, dimension=dimension, at=at)
        done.append((receipt, model.use(plan, meter, quantity, dimension, at)))
        if random.random() < 0.2:
            receipt, back = done.pop(random.randrange(len(done)))
            with tenant_work(acme):
                give_back(receipt, actor=SYSTEM)
            back()
        if random.random() < 0.1:
            plan = random.choice(["pro", "trial"])
            with platform_work() as session:
                give_plan(session.get_one(Tenant, acme.id), plan, actor=SYSTEM)
        if random.random() < 0.15:
            with tenant_work(acme):
                report_use()
            send_use(acme.id)
    for meter in ("images", "ai_tokens", "workflow_runs", "api_calls"):  # more than was ever given back
        model.use(plan, meter, 5_000, dimension := MODELS.get(meter, [""])[0], now)
        use(acme, meter, 5_000, dimension=dimension, at=now)


def test_many_who_report_at_the_same_time_report_once(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    shop.subscribe(acme)
    use(acme, "images", 14)

    def run(_: int) -> int:
        with tenant_work(acme):
            return report_use()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(run, range(4))) == [0, 0, 0, 1]
    assert [row.amount for row in waiting(acme)] == [200_000]


def test_a_year_that_is_paid_at_once_has_its_use_charged_by_the_month(
    shop: Shop, saas: Saas, acme: Organisation
) -> None:
    saas("billing", "sync")
    shop.subscribe(acme, cycle="year")
    use(acme, "images", 17)
    report(acme)
    shop.advance(32)
    assert [invoice["total"] for invoice in shop.all("invoice")] == [35, 29_000]


def test_a_price_whose_addition_was_not_answered_is_there_once(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    shop.subscribe(acme)
    use(acme, "images", 14)
    with tenant_work(acme):
        report_use()
    shop.fail(500, times=3, path="/v1/subscriptions/", after_effect=True)
    with pytest.raises(Exception, match="does not answer"):
        send_use(acme.id)
    assert (shop.counted("images"), len(waiting(acme))) == (0, 1)
    assert send_use(acme.id) == 1
    (subscription,) = shop.all("subscription")
    assert len(shop.api.subscription_items.list({"subscription": subscription["id"]}).data) == 2
    assert shop.counted("images") == 200_000


def test_a_new_subscription_does_not_charge_what_the_old_one_did(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    customer = shop.subscribe(acme)
    use(acme, "images", 14)
    report(acme)
    (old,) = shop.all("subscription")
    shop.api.subscriptions.cancel(old["id"])
    look_at(customer)
    saas("plans", "give", acme.slug, "trial")
    use(acme, "images", 100, at=datetime.now(UTC) - timedelta(seconds=1))
    shop.advance(1 / 86_400)  # Stripe counts whole seconds: this one begins in the next
    shop.subscribe(acme)
    use(acme, "images", 1)
    report(acme)
    assert shop.counted("images") == 200_000 + 50_000


def test_what_was_archived_is_not_charged_again(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    use(acme, "images", 50, at=datetime.now(UTC) - timedelta(seconds=5))
    shop.subscribe(acme)
    use(acme, "images", 3)
    report(acme)
    assert shop.counted("images") == 150_000
    with time_machine.travel(datetime.now(UTC) + timedelta(days=500)):
        assert archive_all() > 0
        with tenant_work(acme):
            assert report_use() == 0
            assert by_events(acme) == {}


def test_storage_is_not_charged_anew_when_the_plan_changes_later(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    shop.subscribe(acme)
    month = present().before()
    began(acme, month.start)
    use(acme, "storage", 25, at=month.start)
    report(acme)
    assert shop.counted("storage") == 2_000_000
    saas("plans", "give", acme.slug, "trial")
    report(acme)
    assert shop.counted("storage") == 2_000_000
