"""Billing for programs: subscribing, changing, cancelling, invoices; what is wrong is refused by its field."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from saas.billing.models import BillingRequest, Subscription
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.keys.operations import create_key
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.billing.conftest import Stripe
from tests.billing.test_subscribing import standing
from tests.cast import Organisation

HERE = "/api/billing/subscription"
ALL = ("billing.view", "plans.change")
PRO = {"plan": "pro", "cycle": "month"}
CARD = {**PRO, "payment_method": "pm_card_visa"}
WRONG_SIZES = [-1, 10**9, 10**400, 1.5, "7", True, [], {}]
WRONG_WISHES: list[tuple[Any, str]] = [
    ({**CARD, "trial_days": 31}, "trial_days"),
    *(({**CARD, "trial_days": days}, "trial_days") for days in WRONG_SIZES),
    *(({**CARD, "plan": plan}, "plan") for plan in ("", "nothing", "free", "enterprise", "internal", 7, None)),
    *(({**CARD, "cycle": cycle}, "cycle") for cycle in ("", "week", 1, ["month"])),
    *(({**CARD, "payment_method": method}, "payment_method") for method in ("", "4242424242424242", "pm_\0", 5, None)),
    ({**CARD, "payment_method": "pm_nobody_has_this"}, "payment_method"),
    *(({**CARD, "quantity": many}, "quantity") for many in (-1, 0, 10**9)),
    *(({**CARD, "amount": sum_}, "amount") for sum_ in (-1, 0, 10**9)),
    ({**CARD, "offer": "price_of_somebody"}, "offer"),
    ([CARD], "body"),
    ("pro", "body"),
]
WRONG_CHANGES: list[tuple[Any, str]] = [
    *(({"due": due}, "due") for due in [*WRONG_SIZES, None]),
    *(({"moment": moment}, "moment") for moment in [0, *WRONG_SIZES, None]),
    ({"plan": "nothing"}, "plan"),
    ({"quantity": 2}, "quantity"),
]
WRONG_ENDS: list[tuple[Any, str]] = [
    ({}, "reason"),
    ({"reason": "because"}, "reason"),
    ({"reason": 1}, "reason"),
    ({"reason": "unused", "at_once": "yes"}, "at_once"),
    ({"reason": "unused", "at_once": 1}, "at_once"),
    ({"reason": "unused", "comment": "x" * 501}, "comment"),
    ({"reason": "unused", "when": "now"}, "when"),
]
WRONG_LISTS = [("status=payed", "status"), ("year=27", "year"), ("year=next", "year"), ("year=²⁰²⁷", "year")]

Call = Callable[..., TestResponse]


def not_refused(wrong: list[tuple[Any, str]], send: Callable[[Any], TestResponse]) -> list[tuple[Any, int, Any]]:
    """What is wrong and was not refused by its field, with what was answered instead."""
    answers = ((body, field, send(body)) for body, field in wrong)
    return [
        (body, answer.status_code, answer.json)
        for body, field, answer in answers
        if (answer.status_code, answer.json.get("field")) != (422, field)
    ]


@pytest.fixture
def call(app) -> Call:
    """An organisation's API with a key that may: ``call(acme, "POST", "/api/…", {…})``."""
    secrets: dict[Any, str] = {}

    def send(
        organisation: Organisation, method: str, path: str, body: Any = None, *, may: tuple[str, ...] = ALL
    ) -> TestResponse:
        if (organisation.slug, may) not in secrets:
            with tenant_work(organisation):
                _, secrets[organisation.slug, may] = create_key(
                    name="Buyer", permissions=may, expires_at=None, actor=SYSTEM
                )
        headers = {"Host": organisation.host, "Authorization": f"Bearer {secrets[organisation.slug, may]}"}
        given = {} if body is None else {"json": body}
        url = f"http://{organisation.host}"
        return app.test_client().open(path, method=method, headers=headers, base_url=url, **given)

    return send


def asked_for(organisation: Organisation) -> list[tuple[str, str]]:
    """What was wanted from Stripe, and what came of it."""
    with tenant_scope(organisation):
        rows = db.session.execute(select(BillingRequest.kind, BillingRequest.state))
        return [(kind, state) for kind, state in rows]


class TestSubscribing:
    def test_a_card_begins_a_subscription_that_is_seen_at_once_and_mirrored_soon(
        self, acme, stripe_there: Stripe, call: Call
    ):
        assert call(acme, "GET", HERE).json["status"] == "none"
        made = call(acme, "POST", HERE, {**CARD, "trial_days": 0})
        assert (made.status_code, made.location) == (201, HERE)
        stripe_there.bring()
        shown = call(acme, "GET", HERE).json
        assert made.json == shown
        expected = {"plan": "pro", "cycle": "month", "status": "active", "amount": 2900, "currency": "EUR"}
        assert {name: shown[name] for name in expected} == expected
        assert standing(acme) == ("pro", "active")

    @pytest.mark.parametrize("days", [1, 30])
    def test_a_trial_may_have_thirty_days(self, acme, stripe_there: Stripe, call: Call, days):
        made = call(acme, "POST", HERE, {**CARD, "trial_days": days})
        assert (made.status_code, made.json["status"]) == (201, "trialing")

    def test_without_a_number_the_trial_that_runs_goes_on(self, acme, stripe_there: Stripe, call: Call):
        assert call(acme, "POST", HERE, CARD).json["status"] == "trialing"

    def test_what_is_wrong_is_refused_by_its_field(self, acme, stripe_there: Stripe, call: Call):
        assert not_refused(WRONG_WISHES, lambda body: call(acme, "POST", HERE, body)) == []
        assert stripe_there.store.find("subscription") == []
        stripe_there.bring()
        assert call(acme, "POST", HERE, CARD).status_code == 201

    def test_a_card_that_is_declined_is_told_with_a_code_and_another_may_pay(
        self, acme, stripe_there: Stripe, call: Call
    ):
        body = {**CARD, "trial_days": 0}
        refused = call(acme, "POST", HERE, {**body, "payment_method": "pm_card_chargeDeclined"})
        told = {"code": "payment_declined", "reason": "card_declined", "field": "payment_method"}
        assert (refused.status_code, refused.mimetype) == (402, "application/problem+json")
        assert {name: refused.json[name] for name in told} == told
        assert asked_for(acme) == [("subscribe", "refused")]
        assert call(acme, "POST", HERE, body).status_code == 201

    def test_asking_twice_charges_once(self, acme, stripe_there: Stripe, call: Call):
        assert call(acme, "POST", HERE, CARD).status_code == 201
        assert call(acme, "POST", HERE, CARD).status_code == 409, "nobody has looked yet"
        stripe_there.bring()
        assert call(acme, "POST", HERE, CARD).status_code == 409
        assert len(stripe_there.store.find("subscription")) == 1

    def test_stripe_being_away_is_said(self, acme, stripe_there: Stripe, call: Call):
        stripe_there.set(stripe_api_base="http://127.0.0.1:9")
        answer = call(acme, "POST", HERE, CARD)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)

    def test_a_key_needs_the_permission(self, acme, stripe_there: Stripe, call: Call):
        assert call(acme, "POST", HERE, CARD, may=("billing.view",)).status_code == 403
        assert call(acme, "GET", HERE, may=("plans.change",)).status_code == 403
        assert call(acme, "GET", HERE, may=("billing.view",)).status_code == 200


class TestChanging:
    def test_what_was_quoted_is_charged(self, subscribed, stripe_there: Stripe, call: Call):
        acme, wish = subscribed("trial"), {"plan": "pro", "cycle": "year"}
        stripe_there.advance(1 / 86_400)
        quote = call(acme, "POST", f"{HERE}/quote", wish).json
        assert (quote["at_end"], quote["currency"], quote["due"] > 0) == (False, "EUR", True)
        assert sum(line["amount"] for line in quote["lines"]) == quote["due"]
        refused = call(acme, "POST", f"{HERE}/change", {**wish, "moment": quote["moment"], "due": quote["due"] - 1})
        assert refused.status_code == 409
        taken = call(acme, "POST", f"{HERE}/change", {**wish, "moment": quote["moment"], "due": quote["due"]})
        assert (taken.status_code, taken.json["kind"], taken.location) == (202, "change", HERE)
        stripe_there.bring()
        assert call(acme, "GET", HERE).json["cycle"] == "year"
        newest = call(acme, "GET", "/api/billing/invoices").json["items"][0]
        assert (newest["paid"], newest["status"]) == (quote["due"], "paid")

    def test_what_is_less_waits_and_is_told(self, subscribed, stripe_there: Stripe, call: Call):
        acme, wish = subscribed("pro"), {"plan": "trial", "cycle": "month"}
        quote = call(acme, "POST", f"{HERE}/quote", wish).json
        assert (quote["at_end"], quote["due"]) == (True, 0)
        sent = {**wish, "moment": quote["moment"], "due": 0}
        assert call(acme, "POST", f"{HERE}/change", sent).status_code == 202
        stripe_there.bring()
        shown = call(acme, "GET", HERE).json
        assert shown["next"] == {"plan": "trial", "cycle": "month", "at": shown["period_end"]}

    def test_wrong_values_change_nothing(self, subscribed, call: Call):
        acme, wish = subscribed("trial"), {"plan": "pro", "cycle": "year"}
        quote = call(acme, "POST", f"{HERE}/quote", wish).json
        sent = {**wish, "moment": quote["moment"], "due": quote["due"]}
        assert not_refused(WRONG_CHANGES, lambda wrong: call(acme, "POST", f"{HERE}/change", {**sent, **wrong})) == []
        assert [kind for kind, _ in asked_for(acme)] == ["subscribe"]
        assert call(acme, "POST", f"{HERE}/change", sent).status_code == 202

    def test_without_a_subscription_there_is_nothing_to_change(self, acme, stripe_there: Stripe, call: Call):
        for path, body in (("quote", PRO), ("cancel", {"reason": "unused"}), ("resume", None)):
            assert call(acme, "POST", f"{HERE}/{path}", body).status_code == 409


class TestCancelling:
    def test_it_ends_with_what_is_paid_and_can_go_on(self, subscribed, stripe_there: Stripe, call: Call):
        acme = subscribed("pro")
        assert call(acme, "POST", f"{HERE}/cancel", {"reason": "unused", "comment": "x" * 500}).status_code == 202
        stripe_there.bring()
        shown = call(acme, "GET", HERE).json
        assert shown["cancel_at"] == shown["period_end"]
        assert call(acme, "POST", f"{HERE}/resume", {}).status_code == 202
        stripe_there.bring()
        assert call(acme, "GET", HERE).json["cancel_at"] is None

    def test_at_once_is_at_once(self, subscribed, stripe_there: Stripe, call: Call):
        acme = subscribed("trial")
        assert call(acme, "POST", f"{HERE}/cancel", {"reason": "unused", "at_once": True}).status_code == 202
        stripe_there.bring()
        assert standing(acme) == ("free", "active")

    def test_what_is_wrong_ends_nothing(self, subscribed, call: Call):
        acme = subscribed("pro")
        assert not_refused(WRONG_ENDS, lambda body: call(acme, "POST", f"{HERE}/cancel", body)) == []
        with tenant_scope(acme):
            assert db.session.scalars(select(Subscription.cancel_at)).all() == [None]


class TestInvoices:
    def test_they_come_in_pages_and_one_by_one(self, subscribed, umbrella, call: Call):
        acme = subscribed("pro")
        listed = call(acme, "GET", "/api/billing/invoices").json
        assert {name: listed[name] for name in ("page", "pages", "total")} == {"page": 1, "pages": 1, "total": 1}
        (invoice,) = listed["items"]
        assert (invoice["total"], invoice["due"], invoice["currency"], invoice["status"]) == (2900, 0, "EUR", "paid")
        one = call(acme, "GET", f"/api/billing/invoices/{invoice['id']}").json
        assert {name: one[name] for name in invoice} == invoice
        assert [(line["name"], line["amount"]) for line in one["lines"]] == [("Pro", 2900)]
        assert call(acme, "GET", "/api/billing/invoices?status=open").json["items"] == []
        assert call(umbrella, "GET", f"/api/billing/invoices/{invoice['id']}").status_code == 404
        assert call(acme, "GET", "/api/billing/invoices/in_nothing").status_code == 404

    def test_a_status_or_year_that_there_cannot_be_is_refused(self, subscribed, call: Call):
        acme = subscribed("pro")
        assert not_refused(WRONG_LISTS, lambda asked: call(acme, "GET", f"/api/billing/invoices?{asked}")) == []
        this_year = datetime.now(UTC).year
        assert call(acme, "GET", f"/api/billing/invoices?status=paid&year={this_year}").json["total"] == 1
        assert call(acme, "GET", "/api/billing/invoices?status=&year=&sort=-colour&page=x").json["total"] == 1
