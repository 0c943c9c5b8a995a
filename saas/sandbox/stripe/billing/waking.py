"""When a subscription has something to do by itself."""

from collections.abc import Iterator

from saas.sandbox.stripe.billing.objects import settings
from saas.sandbox.stripe.billing.periods import DAY, HOUR
from saas.sandbox.stripe.billing.standing import LIVE
from saas.sandbox.stripe.store import Object, Store

INCOMPLETE_FOR = 23 * HOUR
TRIAL_NOTICE = 3 * DAY
LONGEST_TRIAL = 730 * DAY


def wake(store: Store, subscription: Object) -> None:
    """See to it that the subscription is looked at whenever something of it is due."""
    now = store.now(subscription["customer"])
    for moment in {*_moments(store, subscription)} - {*subscription["_wakes"]}:
        if moment > now:
            subscription["_wakes"].append(moment)
            store.at(moment, "subscription", customer=subscription["customer"], id=subscription["id"])


def announce_trial_end(store: Store, subscription: Object) -> None:
    """A trial of three days or less is announced to end when it begins; others are announced three days before."""
    if subscription["trial_end"] - store.now(subscription["customer"]) <= TRIAL_NOTICE:
        store.emit("customer.subscription.trial_will_end", subscription)


def _moments(store: Store, subscription: Object) -> Iterator[int]:
    if subscription["status"] == "incomplete":
        yield subscription["created"] + INCOMPLETE_FOR
    if subscription["status"] not in (*LIVE, "paused"):
        return
    update, pause = subscription["pending_update"], subscription["pause_collection"]
    yield from (
        it for it in (subscription["cancel_at"], pause and pause["resumes_at"], update and update["expires_at"]) if it
    )
    if subscription["schedule"]:
        phase = store.get("subscription_schedule", subscription["schedule"])["current_phase"]
        yield from [phase["end_date"]] if phase else []
    if subscription["status"] == "trialing":
        yield subscription["trial_end"] - TRIAL_NOTICE
    for item in subscription["items"]["data"]:
        yield item["current_period_end"]
        yield item["current_period_end"] - settings(store)["upcoming_days"] * DAY
