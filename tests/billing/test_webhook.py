"""The door for Stripe's messages: only what Stripe signed lately for this deployment comes in, and each of it once."""

import json
import time

import pytest
from sqlalchemy import select

from saas.billing.models import StripeEvent
from saas.tenancy.scope import platform_scope
from tests.billing.conftest import HOOK, SECRET, Stripe
from tests.support import Browser


@pytest.fixture
def door(apex: Browser) -> Browser:
    return apex


def event(**changes: object) -> dict[str, object]:
    """A message that would be taken."""
    about = {"object": "customer", "id": "cus_nobody"}
    whole = {"object": "event", "id": f"evt_{time.time_ns()}", "type": "customer.updated", "created": int(time.time())}
    return {**whole, "livemode": False, "data": {"object": about}, **changes}


def kept(id: object) -> StripeEvent | None:
    with platform_scope() as session:
        return session.scalar(select(StripeEvent).where(StripeEvent.id == id))


def body_of(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode()


class TestDoor:
    def test_what_stripe_signed_is_kept_and_once(self, stripe_there: Stripe, door):
        message = event()
        assert [stripe_there.knock(door, body_of(message)) for _ in range(3)] == [200] * 3
        assert kept(message["id"]).state == "received"

    def test_both_addresses_lead_here(self, stripe_there: Stripe, door):
        message = event()
        assert stripe_there.knock(door, body_of(message), path="/api/billing/webhook") == 200
        assert kept(message["id"])

    def test_either_secret_is_good_while_one_replaces_the_other(self, stripe_there: Stripe, door):
        stripe_there.set(stripe_webhook_secret=f"whsec_new, {SECRET}")
        assert stripe_there.knock(door, body_of(event())) == 200
        assert stripe_there.knock(door, body_of(event()), secret="whsec_new") == 200
        assert stripe_there.knock(door, body_of(event()), secret="whsec_old") == 400

    @pytest.mark.parametrize(
        "how",
        [
            {"secret": "whsec_of_somebody"},
            {"shift": -301},
            {"shift": 330},
            {"header": ""},
            {"header": "t=1,v1=00"},
            {"header": "v1=ü,t=\u00b2"},
            {"header": "t=,v1="},
        ],
    )
    def test_what_is_not_signed_or_not_now_is_refused(self, stripe_there: Stripe, door, how):
        message = event()
        assert stripe_there.knock(door, body_of(message), **how) == 400
        assert kept(message["id"]) is None

    def test_a_body_that_was_written_anew_is_refused(self, stripe_there: Stripe, door):
        body = body_of(event())
        assert stripe_there.knock(door, json.dumps(json.loads(body), indent=1).encode(), signed=body) == 400
        assert stripe_there.knock(door, body) == 200

    @pytest.mark.parametrize(
        "message",
        [
            event(livemode=True),
            event(account="acct_of_another"),
            event(object="customer"),
            event(id=7),
            event(created="today"),
            event(data=None),
            event(data={"object": "x"}),
            event(type=None),
        ],
    )
    def test_what_is_for_others_or_no_message_is_refused(self, stripe_there: Stripe, door, message):
        assert stripe_there.knock(door, body_of(message)) == 400

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
    def test_what_cannot_be_read_is_refused(self, stripe_there: Stripe, door, body):
        assert stripe_there.knock(door, body) == 400

    def test_two_megabytes_are_refused(self, stripe_there: Stripe, door):
        assert stripe_there.knock(door, body_of(event(data={"object": {"text": "x" * 2_000_000}}))) == 413

    def test_forms_of_browsers_have_no_business_here(self, stripe_there: Stripe, door):
        answer = door.client.post(HOOK, data={"a": "b"}, headers={"Host": door.host}, base_url=f"http://{door.host}")
        assert answer.status_code == 400

    def test_nothing_is_believed_where_nothing_is_paid_online(self, door, app):
        assert (
            door.client.post(HOOK, data=b"{}", headers={"Host": door.host}, base_url=f"http://{door.host}").status_code
            == 400
        )


class TestInbox:
    def test_what_is_about_nobody_of_ours_is_ignored(self, stripe_there: Stripe, door, run_jobs):
        message = event()
        stripe_there.knock(door, body_of(message))
        run_jobs()
        assert kept(message["id"]).state == "ignored"

    def test_a_type_that_we_do_not_know_is_taken_and_changes_nothing(self, stripe_there: Stripe, subscribed):
        acme = subscribed("pro")
        customer = stripe_there.customer_of(acme)["id"]
        message = event(
            type="radar.early_fraud_warning.created", data={"object": {"object": "charge", "customer": customer}}
        )
        assert stripe_there.send([message]) == [200]
        stripe_there.bring()
        assert kept(message["id"]).state == "done"
