"""Use to money: what organisations use is charged at Stripe, to the cent, once."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from click.testing import Result
from sqlalchemy import select, update

from saas.billing import cli
from saas.billing.models import BillingAccount, Subscription, UsageReport
from saas.billing.money import rounded_minor_units
from saas.billing.operations.comparing import find_faults, know
from saas.billing.operations.looking import look_at
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import meter_ids, send_use
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.queries.use import CHARGED, charged_at_end, costs_by_events, get_charging
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.tenancy.config import keep
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.kept import kept_since
from saas.usage.models import UsageTotal
from saas.usage.operations.consuming import Receipt, consume, give_back
from saas.usage.periods import Period, period_of
from tests.billing.conftest import text_of
from tests.billing.selling.conftest import Shop
from tests.cast import Organisation
from tests.support import work_off

Saas = Callable[..., Result]


def use(organisation: Organisation, meter: str, quantity: Decimal | int = 1, **about: Any) -> Receipt:
    with tenant_work(organisation):
        receipt = consume(meter, quantity, actor=SYSTEM, **about)
    assert receipt is not None
    return receipt


def present() -> Period:
    """The month that is under way."""
    return period_of(datetime.now(UTC))


def report(organisation: Organisation) -> None:
    """What the worker does each hour."""
    with tenant_work(organisation):
        enqueue("billing.report_usage")
    work_off()


def waiting(organisation: Organisation) -> list[UsageReport]:
    with tenant_scope(organisation) as session:
        return list(session.scalars(select(UsageReport).where(UsageReport.sent_at.is_(None)).order_by(UsageReport.id)))


def by_events(organisation: Organisation) -> dict[str, Decimal]:
    """What should be charged, worked out from the events alone."""
    with tenant_scope(organisation):
        subscription = get_subscription()
        assert subscription is not None
        charging = get_charging(subscription)
        ended, _ = charged_at_end(replace(charging, closed=charging.first.before().key))
        return {**costs_by_events(max(charging.since, kept_since())), **ended}


@pytest.fixture
def paying(shop: Shop, saas: Saas, acme: Organisation) -> Organisation:
    """Acme, which pays for the plan Pro each month: ten images are included, each further one costs 0.05 EUR."""
    assert saas("billing", "sync").exit_code == 0
    shop.subscribe(acme)
    return acme


def test_the_cost_so_far_on_the_page_is_what_stripe_says(shop: Shop, paying: Organisation, browse: Any) -> None:
    """Both without the use of the last hour, and with what was reported of it."""
    for images, cost in ((10, 2900), (30, 2900 + 30 * 5)):
        use(paying, "images", images)
        report(paying)
        with tenant_scope(paying):
            account, subscription = get_account(), get_subscription()
            assert account is not None
            assert subscription is not None
        asked = {"customer": account.customer_id, "subscription": subscription.id}
        assert shop.api.invoices.create_preview(asked).amount_due == cost
        said = text_of(browse(paying, "Alice").get("/billing/next").text)
        so_far, expected = re.findall(r"€([\d,.]+)", said)[:2]
        assert f"Cost so far €{so_far} Expected €{expected}" in said
        assert Decimal(so_far) * 100 == cost <= Decimal(expected) * 100


def test_what_goes_beyond_the_included_is_on_the_next_invoice(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 10)
    use(paying, "images", 7)
    report(paying)
    assert shop.counted("images") == 350_000
    shop.advance(32)
    newest = shop.all("invoice")[0]
    lines = {line["description"]: line["amount"] for line in shop.api.invoices.line_items.list(newest["id"]).data}
    assert sorted(lines.values()) == [35, 2900]


@pytest.mark.parametrize("seconds", [3, 20 * 86_400])
def test_use_is_charged_where_stripes_clock_is_ahead_of_ours(shop: Shop, paying: Organisation, seconds: int) -> None:
    """By seconds as clocks are, or by weeks as a test clock is: what is told before Stripe charges a meter would be lost."""
    shop.advance(seconds / 86_400)
    use(paying, "images", 17)
    use(paying, "ai_tokens", 1_000_000, dimension="swift")
    report(paying)
    shop.advance(32)
    newest = shop.all("invoice")[0]
    lines = [line["amount"] for line in shop.api.invoices.line_items.list(newest["id"]).data]
    assert sorted(lines) == [35, 100, 2900]


def test_use_beside_a_plan_of_a_year_is_charged_by_the_month(shop: Shop, saas: Saas, acme: Organisation) -> None:
    """Its months have begun by Stripe's clock, while the plan's year is the first."""
    assert saas("billing", "sync").exit_code == 0
    shop.subscribe(acme, cycle="year")
    for quantity in (17, 2):
        use(acme, "images", quantity)
        report(acme)
        shop.advance(40)
    assert sorted(one["total"] for one in shop.all("invoice") if one["total"]) == [10, 35, 29_000]


def test_use_is_charged_from_when_a_trial_is_seen_to_be_over(shop: Shop, saas: Saas, acme: Organisation) -> None:
    """By Stripe's clock it may be over before it is by ours."""
    assert saas("billing", "sync").exit_code == 0
    customer = shop.subscribe(acme, trial_days=14)
    use(acme, "images", 15)
    shop.advance(15)
    look_at(customer)
    use(acme, "images", 7)
    report(acme)
    assert shop.counted("images") == 350_000


def test_what_is_included_costs_nothing_and_is_not_told(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 10)
    report(paying)
    assert (shop.counted("images"), waiting(paying)) == (0, [])


def test_a_second_run_tells_only_what_is_new(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    report(paying)
    report(paying)
    assert shop.counted("images") == 100_000
    use(paying, "images", 1)
    report(paying)
    assert shop.counted("images") == 150_000


def test_the_price_of_use_is_added_once_when_it_is_needed(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    report(paying)
    use(paying, "images", 1)
    report(paying)
    (subscription,) = shop.all("subscription")
    items = shop.api.subscription_items.list({"subscription": subscription["id"]}).data
    prices = sorted(item.price.lookup_key for item in items)
    assert prices == ["keystone_pro_month", "keystone_use_images_eur"]


def test_prices_by_dimension_and_fractions_of_a_cent_add_up_exactly(shop: Shop, paying: Organisation) -> None:
    for model, tokens in (("swift", 1), ("steady", 3), ("deep", 123_457), ("swift", 999_999)):
        use(paying, "ai_tokens", tokens, dimension=model)
        report(paying)
    assert shop.counted("ai_tokens") == 1 + 12 + 2_469_140 + 999_999
    assert by_events(paying) == {"ai_tokens": Decimal("3.469152")}


def test_use_before_the_subscription_is_not_charged(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    use(acme, "images", 500, at=datetime.now(UTC) - timedelta(seconds=2))
    shop.subscribe(acme)
    use(acme, "images", 3)
    report(acme)
    assert shop.counted("images") == 150_000
    assert by_events(acme) == {"images": Decimal("0.15")}


def test_while_a_plan_is_tried_use_costs_nothing(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    customer = shop.subscribe(acme, trial_days=5)
    use(acme, "images", 100, at=datetime.now(UTC) - timedelta(seconds=2))
    report(acme)
    assert (shop.counted("images"), waiting(acme)) == (0, [])
    (subscription,) = shop.all("subscription")
    shop.api.subscriptions.update(subscription["id"], {"trial_end": "now"})
    look_at(customer)
    use(acme, "images", 2)
    report(acme)
    assert shop.counted("images") == 100_000


def test_without_a_subscription_nothing_is_told(shop: Shop, saas: Saas, acme: Organisation) -> None:
    saas("billing", "sync")
    use(acme, "images", 100)
    report(acme)
    assert (shop.counted("images"), waiting(acme)) == (0, [])


def test_what_was_used_before_a_suspension_is_charged_all_the_same(
    shop: Shop, saas: Saas, paying: Organisation
) -> None:
    use(paying, "images", 12)
    assert saas("tenants", "suspend", paying.slug, "--reason", "Asked for").exit_code == 0
    report(paying)
    assert shop.counted("images") == 100_000


def test_what_was_given_back_is_set_off_against_what_comes(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 10)
    receipt = use(paying, "images", 4)
    report(paying)
    with tenant_work(paying):
        give_back(receipt, actor=SYSTEM)
    report(paying)
    use(paying, "images", 3)
    report(paying)
    assert shop.counted("images") == 200_000
    use(paying, "images", 2)
    report(paying)
    assert shop.counted("images") == 250_000
    assert by_events(paying) == {"images": Decimal("0.25")}


def test_late_events_and_a_change_of_plan_are_charged_as_they_were_sold(
    shop: Shop, saas: Saas, paying: Organisation
) -> None:
    month = present().before().before()
    began(paying, month.start + timedelta(days=9))
    use(paying, "images", 30, at=month.start + timedelta(days=19))
    report(paying)
    saas("plans", "give", paying.slug, "trial")
    use(paying, "images", 4)
    use(paying, "images", 2, at=month.end - timedelta(seconds=1))
    use(paying, "images", 9, at=month.start + timedelta(days=8))
    report(paying)
    assert by_events(paying) == {"images": Decimal("1.00") + Decimal("0.20") + Decimal("0.10")}
    assert shop.counted("images") == 1_300_000


def began(organisation: Organisation, at: datetime) -> None:
    """Let the subscription have begun earlier, as far as we know; nobody waits to look at it any more."""
    work_off()
    with platform_work() as session:
        session.execute(update(Subscription).where(Subscription.tenant_id == organisation.id).values(created_at=at))
    with tenant_work(organisation):
        keep({CHARGED: None})


def test_storage_is_charged_when_its_month_is_over_by_the_part_that_was_paid_for(
    shop: Shop, paying: Organisation
) -> None:
    month = present().before().before()
    began(paying, month.start + (month.end - month.start) / 2)
    use(paying, "storage", 25, at=month.start)
    report(paying)
    assert shop.counted("storage") == 1_000_000 + 2_000_000  # twenty GB beyond: half of that month, all of the next
    report(paying)
    assert shop.counted("storage") == 3_000_000
    assert by_events(paying) == {"storage": Decimal(3)}


def test_what_stripe_did_not_answer_is_sent_again_and_counts_once(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    report(paying)
    use(paying, "images", 1)
    with tenant_work(paying):
        report_use()
    shop.fail(500, times=3, path="/v1/billing/meter_events", after_effect=True)
    with pytest.raises(Exception, match="does not answer"):
        send_use(paying.id)
    assert shop.counted("images") == 150_000
    assert len(waiting(paying)) == 1
    assert send_use(paying.id) == 1
    assert (shop.counted("images"), waiting(paying)) == (150_000, [])


@pytest.mark.parametrize("arrived", [True, False])
def test_after_a_day_stripes_own_sums_say_what_arrived(shop: Shop, paying: Organisation, arrived: bool) -> None:
    use(paying, "images", 12)
    report(paying)
    use(paying, "images", 1)
    with tenant_work(paying):
        report_use()
    shop.fail(500, times=3, path="/v1/billing/meter_events", after_effect=arrived)
    with pytest.raises(Exception, match="does not answer"):
        send_use(paying.id)
    shop.advance(1.1)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1.1)):
        assert send_use(paying.id) == (0 if arrived else 1)
    assert (shop.counted("images"), waiting(paying)) == (150_000, [])


def test_a_meter_that_stripe_does_not_know_waits_for_the_sync(shop: Shop, saas: Saas, paying: Organisation) -> None:
    (meter,) = shop.all("billing.meter", event_name="keystone_images")
    shop.api.billing.meters.deactivate(meter["id"])
    use(paying, "images", 12)
    report(paying)
    assert len(waiting(paying)) == 1
    shop.api.billing.meters.reactivate(meter["id"])
    report(paying)
    assert (shop.counted("images"), waiting(paying)) == (100_000, [])


def test_the_table_of_use_shows_what_agrees_and_what_does_not(shop: Shop, saas: Saas, paying: Organisation) -> None:
    assert "No use of “Acme” was charged" in saas("billing", "usage", paying.slug).output
    use(paying, "images", 12)
    report(paying)
    month = f"{datetime.now(UTC):%Y-%m}"
    told = saas("billing", "usage", paying.slug).output
    assert [line.split() for line in told.splitlines() if line.startswith("images")] == [
        ["images", month, "€0.10", "€0.10", "€0.10", "–"]
    ]
    with platform_work() as session:
        account = session.get_one(BillingAccount, paying.id)
    shop.api.billing.meter_events.create(
        {"event_name": "keystone_images", "payload": {"stripe_customer_id": account.customer_id, "value": "50000"}}
    )
    differs = saas("billing", "usage", paying.slug)
    assert (differs.exit_code, differs.output.count("€0.05")) == (1, 1)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        known = know(tenant_of(paying))
        assert known is not None
        assert find_faults(known, meter_ids()) == ["images: Stripe was told €0.10, and counted €0.15"]


def test_use_that_stripe_was_never_told_of_is_a_difference_once_its_hour_is_over(
    shop: Shop, saas: Saas, paying: Organisation
) -> None:
    use(paying, "images", 12)
    fresh = saas("billing", "usage", paying.slug)
    assert (fresh.exit_code, "All of it agrees" in fresh.output) == (0, True)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        untold = saas("billing", "usage", paying.slug)
    assert untold.exit_code == 1
    assert "images: €0.10 was used, and Stripe was not told of it." in untold.output
    (line,) = [line.split()[2:] for line in untold.output.splitlines() if line.startswith("images ")]
    assert line[:3] == ["€0.10", "–", "–"]
    assert "0.10" in line[3]


def test_what_was_told_and_given_back_afterwards_is_a_difference(shop: Shop, saas: Saas, paying: Organisation) -> None:
    use(paying, "images", 10)
    receipt = use(paying, "images", 4)
    report(paying)
    with tenant_work(paying):
        give_back(receipt, actor=SYSTEM)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        found = saas("billing", "usage", paying.slug)
    assert (found.exit_code, "Stripe was told €0.20 more than was used" in found.output) == (1, True)


def test_months_add_up_below_a_meter(shop: Shop, saas: Saas, paying: Organisation) -> None:
    month = present().before().before()
    began(paying, month.start)
    use(paying, "images", 12)
    use(paying, "images", 30, at=month.start + timedelta(days=19))
    report(paying)
    told = [line.split()[1:] for line in saas("billing", "usage", paying.slug).output.splitlines() if "images" in line]
    assert told[0] == [f"{month.start:%Y-%m}", "€1.00", "–", "–"]
    assert told[-1] == ["in", "all", "€1.10", "€1.10", "€1.10", "–"]


def tenant_of(organisation: Organisation) -> Tenant:
    with platform_work() as session:
        return session.get_one(Tenant, organisation.id)


def test_a_counter_that_differs_from_its_events_is_told(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    with tenant_work(paying):
        db.session.execute(update(UsageTotal).where(UsageTotal.meter == "images").values(cost=Decimal("0.20")))
    known = know(tenant_of(paying))
    assert known is not None
    assert find_faults(known, meter_ids()) == ["images: its events cost €0.10, its counter says €0.20"]


def test_an_organisation_without_a_subscription_has_no_table(shop: Shop, saas: Saas, acme: Organisation) -> None:
    assert "“Acme” has no subscription." in saas("billing", "usage", acme.slug).output
    assert saas("billing", "usage", "nobody-here").exit_code == 1


def test_the_invoice_is_what_the_events_cost_to_the_cent(shop: Shop, saas: Saas, paying: Organisation) -> None:
    use(paying, "images", 23)
    use(paying, "ai_tokens", 777_777, dimension="deep")
    report(paying)
    receipt = use(paying, "ai_tokens", 1_234, dimension="steady")
    use(paying, "ai_tokens", 55_555, dimension="swift")
    with tenant_work(paying):
        give_back(receipt, actor=SYSTEM)
    report(paying)
    shop.advance(32)
    newest = shop.all("invoice")[0]
    lines = [line.amount for line in shop.api.invoices.line_items.list(newest["id"]).data]
    wanted = [rounded_minor_units(cost, "EUR") for cost in by_events(paying).values()]
    assert sorted(lines) == sorted([*wanted, 2900])


def test_by_hand_a_report_waits_for_the_worker(
    shop: Shop, saas: Saas, paying: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "PATIENCE", 0.0)
    use(paying, "images", 17)
    assert "No worker has told Stripe yet" in saas("billing", "usage", paying.slug, "--report").output
    assert shop.counted("images") == 0
    work_off()
    monkeypatch.undo()
    assert "No worker" not in saas("billing", "usage", paying.slug, "--report").output
    assert shop.counted("images") == 350_000
