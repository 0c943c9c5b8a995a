"""`saas billing events …` and `saas billing reconcile`: what we know is brought into line with what Stripe says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from click.testing import Result
from sqlalchemy import delete, select, update

from saas.billing.models import BillingAccount, StripeEvent, Subscription
from saas.billing.operations.inbox import TRIES, note_failure, receive
from saas.billing.operations.reconciling import Turns, reconcile_all
from saas.billing.queries.subscriptions import get_subscription
from saas.core.actor import SYSTEM
from saas.core.jobs import enqueue
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from saas.usage.models import UsageTotal
from saas.usage.operations.consuming import consume
from tests.billing.selling.conftest import Shop
from tests.cast import Cast, Organisation
from tests.support import work_off

Saas = Callable[..., Result]


@pytest.fixture
def customer(shop: Shop, saas: Saas, acme: Organisation) -> str:
    """Acme's customer at Stripe; it pays for Pro."""
    saas("billing", "sync")
    with platform_work() as session:
        session.execute(delete(StripeEvent))
    return shop.subscribe(acme)


def states() -> dict[str, str]:
    with platform_scope() as session:
        return {one.id: one.state for one in session.scalars(select(StripeEvent))}


def message(id: str, customer: str) -> dict[str, Any]:
    about = {"object": "subscription", "id": "sub_1", "customer": customer}
    return {"id": id, "type": "customer.updated", "created": 1_790_000_000, "data": {"object": about}}


def test_messages_that_never_came_are_fetched_once(shop: Shop, saas: Saas, customer: str) -> None:
    there = {one["id"] for one in shop.all("event")}
    told = saas("billing", "events", "backfill", "--since", "2d").output
    assert f"{len(there)} messages at Stripe, {len(there)} of them were missing." in told
    assert set(states()) == there
    work_off()
    assert set(states().values()) == {"done", "ignored"}
    assert f"{len(there)} messages at Stripe, 0 of them were missing." in saas("billing", "events", "backfill").output


def test_only_what_is_young_enough_is_fetched(shop: Shop, saas: Saas, customer: str) -> None:
    shop.advance(3)
    assert "0 messages at Stripe" not in saas("billing", "events", "backfill", "--since", "4d").output
    for wrong in ("31d", "0d", "d", "-1d", "2w", "99999d", "two"):
        result = saas("billing", "events", "backfill", "--since", wrong)
        assert (result.exit_code, "Write a length as 90m, 12h or 2d" in result.output) == (2, True), wrong


def test_messages_are_listed_by_state_and_organisation(shop: Shop, saas: Saas, cast: Cast, customer: str) -> None:
    with platform_work():
        receive(message("evt_parked", customer))
        receive(message("evt_of_nobody", "cus_of_nobody"))
        for _ in range(TRIES):
            note_failure(["evt_parked"], "Stripe said nonsense")
    failed = saas("billing", "events", "list", "--state", "failed").output
    assert "evt_parked" in failed
    assert "Stripe said nonsense" in failed
    assert "evt_of_nobody" not in failed
    work_off()
    assert "evt_of_nobody" in saas("billing", "events", "list", "--state", "ignored").output
    saas("billing", "events", "replay", "evt_parked")
    work_off()
    assert "evt_parked" in saas("billing", "events", "list", "--tenant", cast.acme.slug).output
    assert "There is no such message." in saas("billing", "events", "list", "--tenant", cast.umbrella.slug).output
    assert saas("billing", "events", "list", "--state", "lost").exit_code == 2
    assert saas("billing", "events", "list", "--tenant", "nobody-here").exit_code == 1


def test_a_parked_message_is_looked_at_again_when_it_is_replayed(shop: Shop, saas: Saas, customer: str) -> None:
    with platform_work():
        receive(message("evt_again", customer))
        for _ in range(TRIES):
            note_failure(["evt_again"], "Stripe said nonsense")
    work_off()
    assert states()["evt_again"] == "failed"
    assert saas("billing", "events", "replay", "evt_again").exit_code == 0
    work_off()
    assert states()["evt_again"] == "done"
    result = saas("billing", "events", "replay", "evt_missing")
    assert (result.exit_code, "There is no message “evt_missing”" in result.output) == (1, True)


def forget(organisation: Organisation, **values: Any) -> None:
    """Let what we know be wrong, as if a message had been lost."""
    with platform_work() as session:
        session.execute(update(Subscription).where(Subscription.tenant_id == organisation.id).values(values))


def test_what_differs_is_named_and_mended(shop: Shop, saas: Saas, acme: Organisation, customer: str) -> None:
    assert "is as Stripe says" in saas("billing", "reconcile", acme.slug).output
    forget(acme, status="past_due", cancel_at=datetime(2027, 1, 1, tzinfo=UTC))
    told = saas("billing", "reconcile", acme.slug).output
    assert "status was past_due, is active" in told
    assert "cancel_at was 2027-01-01 00:00:00, is unknown" in told
    assert "is as Stripe says" in saas("billing", "reconcile", acme.slug).output


def test_somebody_who_never_paid_has_no_account_to_compare(shop: Shop, saas: Saas, umbrella: Organisation) -> None:
    result = saas("billing", "reconcile", umbrella.slug)
    assert (result.exit_code, "“Umbrella” is no customer at Stripe." in result.output) == (1, True)


def test_the_night_mends_all_accounts_and_passes_over_what_stripe_does_not_answer_for(
    shop: Shop, saas: Saas, cast: Cast, customer: str
) -> None:
    only(cast.acme, cast.umbrella)
    other = shop.subscribe(cast.umbrella)
    forget(cast.acme, status="past_due")
    shop.fail(500, times=3, path=f"/v1/customers/{other}")
    outcome = reconcile_all(pace=1000)
    assert (outcome.accounts, outcome.differed, outcome.failed) == (2, 1, 1)
    assert "2 accounts looked at, 0 differed, 0 could not be looked at." in saas("billing", "reconcile").output


def only(*organisations: Organisation) -> None:
    """Forget the accounts of other tests: Stripe knows nothing of them here."""
    with platform_work() as session:
        ids = [one.id for one in organisations]
        session.execute(delete(BillingAccount).where(BillingAccount.tenant_id.not_in(ids)))


def test_a_subscription_of_which_no_message_came_is_found_at_night(shop: Shop, cast: Cast, customer: str) -> None:
    only(cast.acme)
    with platform_work() as session:
        session.execute(delete(Subscription).where(Subscription.tenant_id == cast.acme.id))
    with platform_work():
        enqueue("billing.reconcile")
    work_off()
    with tenant_scope(cast.acme):
        found = get_subscription()
        assert found is not None
        assert found.status == "active"


def test_use_that_does_not_agree_is_told_at_night(shop: Shop, saas: Saas, cast: Cast, customer: str) -> None:
    only(cast.acme)
    with tenant_work(cast.acme):
        consume("images", 12, actor=SYSTEM)
    assert reconcile_all(pace=1000).differed == 0
    with tenant_work(cast.acme) as session:
        session.execute(update(UsageTotal).where(UsageTotal.meter == "images").values(cost=1))
    assert reconcile_all(pace=1000).differed == 1
    told = saas("billing", "reconcile", cast.acme.slug).output
    assert "images: its events cost €0.10, its counter says €1.00" in told


def test_use_that_was_never_told_is_told_at_night(shop: Shop, cast: Cast, customer: str) -> None:
    only(cast.acme)
    with tenant_work(cast.acme):
        consume("images", 12, actor=SYSTEM)
    reconcile_all(pace=1000)
    work_off()
    assert shop.counted("images") == 0  # its hour is not over
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        assert reconcile_all(pace=1000).differed == 1
        work_off()
    assert shop.counted("images") == 100_000
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=4)):
        assert reconcile_all(pace=1000).differed == 0


def test_what_stripe_was_told_and_has_not_is_reported_at_night(
    shop: Shop, saas: Saas, cast: Cast, customer: str
) -> None:
    only(cast.acme)
    with tenant_work(cast.acme):
        consume("images", 12, actor=SYSTEM)
        enqueue("billing.report_usage")
    work_off()
    shop.running.store.state["objects"]["billing.meter_event"].clear()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        told = saas("billing", "reconcile", cast.acme.slug).output
        assert "images: Stripe was told €0.10, and counted €0.00" in told
        assert "is as Stripe says" not in told
        assert reconcile_all(pace=1000).differed == 1


def test_only_meters_that_stripe_was_told_of_lately_are_asked_for(shop: Shop, cast: Cast, customer: str) -> None:
    only(cast.acme)
    with tenant_work(cast.acme):
        consume("images", 12, actor=SYSTEM)
        enqueue("billing.report_usage")
    work_off()
    (meter,) = shop.all("billing.meter", event_name="keystone_images")
    for days, answered in ((1, 0), (36, 1)):
        shop.fail(500, times=3, path=f"/v1/billing/meters/{meter['id']}/event_summaries")
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
            outcome = reconcile_all(pace=1000)
        assert (outcome.accounts - outcome.failed) == answered, days


def test_the_night_waits_between_accounts(shop: Shop, cast: Cast, customer: str) -> None:
    only(cast.acme, cast.umbrella)
    shop.subscribe(cast.umbrella)
    began = datetime.now(UTC)
    reconcile_all(pace=5)
    assert datetime.now(UTC) - began >= timedelta(seconds=0.2)


def test_turns_that_were_missed_are_not_made_up_for() -> None:
    """After an account that took long the next ones still come one at a time."""
    at, pauses = [100.0], list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        at[0] += seconds

    turns = Turns(4, clock=lambda: at[0], pause=pause)
    turns.wait()
    turns.wait()
    at[0] += 10
    for _ in range(3):
        turns.wait()
    assert pauses == [0, 0.25, 0, 0.25, 0.25]
