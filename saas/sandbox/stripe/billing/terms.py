"""The terms of a subscription that change nothing by themselves, and when it is to end."""

from typing import Any

from saas.sandbox.stripe.billing.changes import merged
from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.store import Object, Store

PLAIN = ("collection_method", "days_until_due", "description")


def plain_terms(store: Store, before: Object, values: dict[str, Any], customer: str) -> Object:
    """What a call sets as it is given: how it is collected, by which card, descriptions, metadata, what a trial's end does."""
    found: Object = {name: values[name] or None for name in PLAIN if name in values}
    if "default_payment_method" in values:
        found["default_payment_method"] = _own_card(store, values["default_payment_method"], customer)
    if "metadata" in values:
        found["metadata"] = merged(before.get("metadata", {}), values["metadata"])
    if "payment_settings" in values:
        found["payment_settings"] = _payment_settings(before.get("payment_settings"), values["payment_settings"])
    if "trial_settings" in values:
        if values["trial_settings"]["end_behavior"].get("billing_cycle_anchor", "now") != "now":
            raise unknown(
                "trials that leave the billing cycle as it is", "trial_settings[end_behavior][billing_cycle_anchor]"
            )
        end = {"missing_payment_method": "create_invoice", "billing_cycle_anchor": None}
        found["trial_settings"] = {"end_behavior": end | values["trial_settings"]["end_behavior"]}
    if "pause_collection" in values:
        given = values["pause_collection"]
        found["pause_collection"] = {"resumes_at": None, **given} if given else None
    if (values.get("automatic_tax") or {}).get("enabled"):
        raise unknown("automatic tax", "automatic_tax[enabled]")
    if values.get("collection_method") == "send_invoice" and "days_until_due" not in values:
        raise invalid("days_until_due must be given when collection_method is send_invoice.", "days_until_due")
    return found


def cancel_terms(subscription: Object, values: dict[str, Any], now: int) -> Object:
    """When the subscription is to end, and why; nothing if the call says nothing about it."""
    found: Object = {}
    if "cancel_at" in values and "cancel_at_period_end" in values:
        raise invalid("You can only pass one of cancel_at and cancel_at_period_end.", "cancel_at")
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    if "cancel_at_period_end" in values:
        found = _ending(
            now, max(ends) if values["cancel_at_period_end"] else None, at_end=values["cancel_at_period_end"]
        )
    elif "cancel_at" in values:
        named = {"min_period_end": min(ends), "max_period_end": max(ends), "max_billed_until": max(ends), "": None}
        moment = named.get(values["cancel_at"], values["cancel_at"])
        if moment is not None and moment <= now:
            raise invalid("cancel_at must be in the future.", "cancel_at")
        found = _ending(now, moment, at_end=False)
    if found or "cancellation_details" in values:
        found["cancellation_details"] = details_of(subscription, values, found)
    return found


def details_of(subscription: Object, values: dict[str, Any], ending: Object) -> Object:
    """The cancellation details after a call: what was said stays until it is unset."""
    old = subscription["cancellation_details"] or {
        "comment": None,
        "feedback": None,
        "feedback_option": None,
        "reason": None,
    }
    given = {name: value or None for name, value in (values.get("cancellation_details") or {}).items()}
    reason = old["reason"]
    if ending:
        reason = "cancellation_requested" if ending["cancel_at"] else None
    return {**old, **given, "reason": reason}


def _payment_settings(old: Object | None, given: dict[str, Any]) -> Object:
    if unfit := given.keys() - {"payment_method_types", "save_default_payment_method"}:
        raise unknown(f"{sorted(unfit)} of payment_settings", "payment_settings")
    if given.get("payment_method_types") not in (None, "", ["card"]):
        raise unknown("payment methods other than cards", "payment_settings[payment_method_types]")
    kept = old or {"save_default_payment_method": "off", "payment_method_types": None, "payment_method_options": None}
    return kept | {name: value or None for name, value in given.items()}


def _ending(now: int, moment: int | None, *, at_end: bool) -> Object:
    return {"cancel_at": moment, "cancel_at_period_end": at_end, "canceled_at": now if moment else None}


def _own_card(store: Store, id: str, customer: str) -> str | None:
    if not id:
        return None
    card = store.get("payment_method", id, "default_payment_method")
    if card["customer"] != customer:
        message = f"The customer does not have a payment method with the ID {id}. It must be attached to the customer."
        raise invalid(message, "default_payment_method", "resource_missing")
    return id
