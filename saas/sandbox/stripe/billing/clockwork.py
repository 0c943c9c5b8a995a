"""What a subscription does by itself: trials end, periods renew, what was announced comes about."""

from collections.abc import Callable

from saas.sandbox.stripe.billing.collecting import advance_invoice
from saas.sandbox.stripe.billing.ending import end_as_told
from saas.sandbox.stripe.billing.finalising import void
from saas.sandbox.stripe.billing.objects import noticing, settings
from saas.sandbox.stripe.billing.periods import DAY
from saas.sandbox.stripe.billing.phases import next_phase
from saas.sandbox.stripe.billing.preview import next_invoice
from saas.sandbox.stripe.billing.renewing import end_trial, renew
from saas.sandbox.stripe.billing.standing import LIVE, UPDATED
from saas.sandbox.stripe.billing.waking import INCOMPLETE_FOR, TRIAL_NOTICE, wake
from saas.sandbox.stripe.clock import due
from saas.sandbox.stripe.store import Object, Store

Rule = Callable[[Store, Object, int], None]


@due("subscription")
def on_time(store: Store, *, customer: str, id: str) -> None:
    """Go through everything that can be due, in the order in which it counts; nothing happens twice."""
    found = store.find("subscription", id=id)
    if not found:
        return
    subscription, now = found[0], store.now(customer)
    for rule in RULES:
        rule(store, subscription, now)
    subscription["_wakes"] = [moment for moment in subscription["_wakes"] if moment > now]
    wake(store, subscription)


def _expire(store: Store, subscription: Object, now: int) -> None:
    if subscription["status"] != "incomplete" or now < subscription["created"] + INCOMPLETE_FOR:
        return
    with noticing(store, subscription, UPDATED):
        subscription.update(status="incomplete_expired", ended_at=now)
    _void_open(store, subscription["latest_invoice"])


def _expire_update(store: Store, subscription: Object, now: int) -> None:
    update = subscription["pending_update"]
    if update is None or update["expires_at"] > now:
        return
    before, invoice = store.copy_of(subscription), subscription["_pending_invoice"]
    subscription.update(pending_update=None, _pending_invoice=None)
    _void_open(store, invoice)
    store.emit(UPDATED, subscription, before)
    store.emit("customer.subscription.pending_update_expired", subscription)


def _announce_trial_end(store: Store, subscription: Object, now: int) -> None:
    if subscription["status"] == "trialing" and now == subscription["trial_end"] - TRIAL_NOTICE:
        store.emit("customer.subscription.trial_will_end", subscription)


def _announce_invoice(store: Store, subscription: Object, now: int) -> None:
    ahead = now + settings(store)["upcoming_days"] * DAY
    if subscription["status"] not in LIVE or all(
        it["current_period_end"] != ahead for it in subscription["items"]["data"]
    ):
        return
    if (invoice := next_invoice(store, subscription)) is not None:
        store.emit("invoice.upcoming", invoice)


def _collect_again(store: Store, subscription: Object, now: int) -> None:
    pause = subscription["pause_collection"]
    if pause is not None and pause["resumes_at"] is not None and pause["resumes_at"] <= now:
        with noticing(store, subscription, UPDATED):
            subscription["pause_collection"] = None


def _end(store: Store, subscription: Object, now: int) -> None:
    if subscription["status"] not in LIVE or (subscription["cancel_at"] or now + 1) > now:
        return
    if (invoice := end_as_told(store, subscription)) is not None:
        advance_invoice(store, invoice)


def _void_open(store: Store, id: str | None) -> None:
    invoice = store.get("invoice", id) if id else None
    if invoice is not None and invoice["status"] == "open":
        void(store, invoice)


RULES: tuple[Rule, ...] = (
    _expire,
    _expire_update,
    _announce_trial_end,
    _collect_again,
    _announce_invoice,
    next_phase,
    _end,
    end_trial,
    renew,
)
