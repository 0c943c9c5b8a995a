"""Checkout sessions over the API."""

import time
from typing import Any
from urllib.parse import urlsplit

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionUpdateParams,
)

from saas.sandbox.stripe.billing.changes import merged
from saas.sandbox.stripe.billing.checkout.sums import new_rows, reckon_session
from saas.sandbox.stripe.billing.discounts import coupon_of
from saas.sandbox.stripe.billing.objects import listing_of
from saas.sandbox.stripe.billing.periods import DAY, HOUR
from saas.sandbox.stripe.billing.waking import LONGEST_TRIAL
from saas.sandbox.stripe.clock import due
from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.lists import page
from saas.sandbox.stripe.present import on_request
from saas.sandbox.stripe.routes import Call, all_but, route
from saas.sandbox.stripe.setups import add_setup
from saas.sandbox.stripe.store import Object, Store

ADDRESS = "/v1/checkout/sessions"
SHOWN = (
    "allow_promotion_codes billing_address_collection cancel_url client_reference_id custom_text customer customer_email "
    "locale mode payment_method_collection phone_number_collection submit_type success_url tax_id_collection ui_mode"
)
CREATED_WITH = all_but(
    SessionCreateParams,
    f"{SHOWN} automatic_tax currency customer_update discounts expires_at line_items metadata setup_intent_data subscription_data",
)
OF_SUBSCRIPTION = {"billing_mode", "description", "metadata", "trial_end", "trial_period_days", "trial_settings"}
SHORTEST, LONGEST = 30 * 60, 24 * HOUR
NOT_LISTED_BY = ("customer_account", "customer_details", "payment_intent", "payment_link")


@route("POST", ADDRESS, SessionCreateParams, unknown=CREATED_WITH)
def create(call: Call) -> Object:
    """A new session, to which the customer is redirected."""
    store, values = call.store, dict(call.values)
    _check(store, values)
    customer = values.get("customer")
    now, id, today = store.now(customer), new_id(PREFIXES["checkout.session"]), int(time.time())
    shown = {name: values[name] for name in SHOWN.split() if name in values}
    if "tax_id_collection" in shown:
        shown["tax_id_collection"] = {"required": "never"} | shown["tax_id_collection"]
    fixed = {
        "id": id,
        "automatic_tax": {"enabled": False},
        "created": now,
        "custom_text": {},
        "customer_details": _details(store, customer, values.get("customer_email")),
        "discounts": [],
        "expires_at": values.get("expires_at", today + LONGEST),
        "metadata": values.get("metadata") or {},
        "payment_method_collection": "always" if values["mode"] == "subscription" else None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if values["mode"] == "subscription" else "no_payment_required",
        "status": "open",
        "ui_mode": "hosted_page",
        "url": f"{store.address}/c/pay/{id}",
        "_rows": [],
        "_subscription_data": _later(values.get("subscription_data") or {}, now - today),
        "_customer_update": values.get("customer_update") or {},
    }
    session = store.add("checkout.session", fixed | shown)
    _fill(store, session, values)
    store.at(session["expires_at"] + now - today, "checkout.session", customer=customer, id=id)
    return session


@route("GET", ADDRESS + "/{id}")
def show(call: Call) -> Object:
    """A session."""
    return call.store.get("checkout.session", call.id)


@route("GET", ADDRESS, SessionListParams, unknown=NOT_LISTED_BY)
def list_all(call: Call) -> Object:
    """Sessions that fit."""
    wanted = {name: call.values[name] for name in ("customer", "status", "subscription") if name in call.values}
    return page(call, call.store.find("checkout.session", **wanted), ADDRESS)


@route("POST", ADDRESS + "/{id}", SessionUpdateParams, unknown=all_but(SessionUpdateParams, "metadata"))
def update(call: Call) -> Object:
    """Change the metadata of a session."""
    session = call.store.get("checkout.session", call.id)
    session["metadata"] = merged(session["metadata"], call.values.get("metadata") or {})
    return session


@route("POST", ADDRESS + "/{id}/expire", SessionExpireParams)
def expire(call: Call) -> Object:
    """End a session that nobody has completed."""
    session = call.store.get("checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
        )
    end_session(call.store, session)
    return session


@route("GET", ADDRESS + "/{id}/line_items", SessionLineItemListParams)
def list_items(call: Call) -> Object:
    """What is bought."""
    return page(call, call.store.get("checkout.session", call.id)["_rows"], f"{ADDRESS}/{call.id}/line_items")


def end_session(store: Store, session: Object) -> None:
    """Note that a session expired."""
    session.update(status="expired", url=None)
    store.emit("checkout.session.expired", session)


@due("checkout.session")
def on_time(store: Store, *, id: str, customer: str | None = None) -> None:
    """An open session's time is over."""
    for session in store.find("checkout.session", id=id, status="open"):
        end_session(store, session)


@on_request("checkout.session", "line_items")
def _line_items(store: Store, session: Object) -> Object:
    return listing_of([store.copy_of(row) for row in session["_rows"]], f"{ADDRESS}/{session['id']}/line_items")


def _check(store: Store, values: dict[str, Any]) -> None:
    if values.get("mode") not in ("subscription", "setup"):
        raise unknown("checkout sessions of another mode than subscription and setup", "mode")
    if values.get("ui_mode", "hosted_page") != "hosted_page":
        raise unknown("checkout that is not hosted", "ui_mode")
    if urlsplit(values.get("success_url", "")).scheme not in ("http", "https"):
        raise invalid("You must provide success_url, an address that begins with http.", "success_url", "url_invalid")
    if (values.get("automatic_tax") or {}).get("enabled"):
        raise unknown("automatic tax", "automatic_tax[enabled]")
    if "customer" in values and "customer_email" in values:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer_email")
    if values.get("discounts") and "allow_promotion_codes" in values:
        raise invalid("You may only specify one of these parameters: allow_promotion_codes, discounts.", "discounts")
    if "customer" in values:
        store.get("customer", values["customer"], "customer")
        kept = (values.get("customer_update") or {}).get("name")
        if (values.get("tax_id_collection") or {}).get("enabled") and kept != "auto":
            raise invalid(
                "Tax ids of a customer that exists are only collected with `customer_update[name]` set to `auto`.",
                "customer_update[name]",
            )
    today = int(time.time())  # a page is open in real time, whatever a clock for tests says
    if not SHORTEST <= values.get("expires_at", today + LONGEST) - today <= LONGEST:
        raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at")
    _check_data(values.get("subscription_data") or {}, values, today)


def _later(data: dict[str, Any], seconds: int) -> dict[str, Any]:
    """A trial is as long as it was asked for, also where the sandbox's clock is ahead of who asks."""
    return {**data, "trial_end": data["trial_end"] + seconds} if "trial_end" in data else data


def _check_data(data: dict[str, Any], values: dict[str, Any], now: int) -> None:
    if data and values["mode"] != "subscription":
        raise invalid("You can not pass `subscription_data` in `setup` mode.", "subscription_data")
    if unfit := data.keys() - OF_SUBSCRIPTION:
        raise unknown(f"{sorted(unfit)} of subscription_data", "subscription_data")
    days = data.get("trial_period_days", 1)
    if days < 1 or days * DAY > LONGEST_TRIAL:
        raise invalid("The trial must be between one day and two years long.", "subscription_data[trial_period_days]")
    if data.get("trial_end", now + 2 * DAY) < now + 2 * DAY:
        raise invalid("The `trial_end` date has to be at least 2 days in the future.", "subscription_data[trial_end]")


def _fill(store: Store, session: Object, values: dict[str, Any]) -> None:
    """The items and discounts, or the set-up intent, of a new session; a refusal leaves no session behind."""
    if session["mode"] == "setup":
        own = {"customer": session["customer"], **(values.get("setup_intent_data") or {})}
        session["setup_intent"] = add_setup(store, **own)["id"]
        return
    try:
        session["_rows"] = new_rows(store, values.get("line_items") or [], currency=values.get("currency"))
        for entry in values.get("discounts") or []:
            coupon_of(store, entry, session["customer"])
            session["discounts"].append({"coupon": None, "promotion_code": None} | entry)
    except Exception:
        store.remove(session)
        raise
    reckon_session(store, session)


def _details(store: Store, customer: str | None, email: str | None) -> Object | None:
    found = store.get("customer", customer) if customer else None
    return {"email": found["email"] if found else email, "tax_exempt": "none"} if found or email else None
