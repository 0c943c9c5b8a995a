"""The next period: what was used in the one that ended, what is paid in advance for the one that begins."""

from saas.sandbox.stripe.billing.changes import begin_cycles
from saas.sandbox.stripe.billing.collecting import wake_invoice
from saas.sandbox.stripe.billing.discounts import use_up
from saas.sandbox.stripe.billing.drafting import draft_invoice
from saas.sandbox.stripe.billing.items import cycle_of, is_metered, period_of, set_period
from saas.sandbox.stripe.billing.lines import advance_lines, usage_lines
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.standing import LIVE, UPDATED, end, suspend
from saas.sandbox.stripe.store import Object, Store


def end_trial(store: Store, subscription: Object, now: int) -> None:
    """Start the first paid cycle when the trial is over; without a card do what the subscription says."""
    if subscription["status"] != "trialing" or subscription["trial_end"] > now:
        return
    choice = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if choice != "create_invoice" and not _has_card(store, subscription):
        if choice == "cancel":
            end(store, subscription, reason=None)
        else:
            suspend(store, subscription, "trial_end_without_payment_method")
        return
    before = store.copy_of(subscription)
    subscription["status"] = "active"
    period = Period(subscription["trial_start"], now)
    lines = [*begin_cycles(store, subscription, subscription["items"]["data"], now)]
    _invoice(store, subscription, before, lines, period, [])


def renew(store: Store, subscription: Object, now: int) -> None:
    """Move items whose period is over into the next one; what they owe becomes a draft."""
    ended = [item for item in subscription["items"]["data"] if item["current_period_end"] <= now]
    if subscription["status"] not in LIVE or subscription["status"] == "trialing" or not ended:
        return
    before, lines, usage, last = store.copy_of(subscription), [], [], period_of(ended[0])
    for item in ended:
        if is_metered(item):
            period = Period(item["billed_until"], item["current_period_end"])
            usage.append(({**item}, [period.start, period.end]))
            lines += usage_lines(store, item, subscription["customer"], period)
            item["billed_until"] = period.end
    for item in ended:
        set_period(item, cycle_of(item, subscription["billing_cycle_anchor"], now))
        if not is_metered(item):
            item["billed_until"] = item["current_period_end"]
            lines += advance_lines(store, item)
    _invoice(store, subscription, before, lines, last, usage)


def _invoice(
    store: Store,
    subscription: Object,
    before: Object,
    lines: list[Object],
    period: Period,
    usage: list[tuple[Object, list[int]]],
) -> None:
    """The draft of a cycle; it finalises itself after about an hour, unless nobody is to be charged."""
    draft = draft_invoice(
        store,
        subscription["customer"],
        currency=subscription["currency"],
        reason="subscription_cycle",
        lines=lines,
        subscription=subscription,
        period=period,
        _usage=usage,
    )
    if not draft["lines"]["data"] and not usage:
        store.remove(draft)
        store.emit(UPDATED, subscription, before)
        return
    subscription["latest_invoice"] = draft["id"]
    store.emit("invoice.created", draft)
    use_up(store, subscription, draft)
    store.emit(UPDATED, subscription, before)
    kept = subscription["pause_collection"] and subscription["pause_collection"]["behavior"] == "keep_as_draft"
    if subscription["status"] == "unpaid" or kept:
        draft.update(auto_advance=False, automatically_finalizes_at=None)
    wake_invoice(store, draft)


def _has_card(store: Store, subscription: Object) -> bool:
    customer = store.get("customer", subscription["customer"])
    return bool(subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"])
