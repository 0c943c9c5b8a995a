"""Finding one's organisations by e-mail."""

import re

import pytest

from saas.core.clock import now
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work


def body(text: str, email: str) -> str:
    """A page without what differs from visit to visit, and without the address that was typed."""
    return re.sub(r'(csrf_token" value="|X-CSRF-Token": ")[^"]+', "", text).replace(email, "…")


def test_the_organisations_of_an_address_are_mailed_to_it(apex, acme, mailbox):
    response = apex.post("/find", {"email": acme.email("Bob").upper()})

    assert response.status_code == 200
    assert "Retry-After" not in response.headers
    assert "Acme" not in response.text
    text = mailbox.text(acme.email("Bob"))
    assert "Acme" in text
    assert f"http://{acme.host}/" in text


def test_an_address_that_nobody_knows_gets_the_same_answer_and_no_mail(apex, acme, mailbox):
    known = apex.post("/find", {"email": acme.email("Bob")})
    unknown = apex.post("/find", {"email": "nobody@example.com"})

    assert unknown.status_code == known.status_code
    assert body(unknown.text, "nobody@example.com") == body(known.text, acme.email("Bob"))
    assert mailbox.messages("nobody@example.com") == []


@pytest.mark.parametrize(
    ("status", "listed"), [(Status.ACTIVE, True), (Status.SUSPENDED, True), (Status.CANCELLED, False)]
)
def test_organisations_that_can_still_be_opened_are_listed_and_closed_ones_are_not(apex, acme, mailbox, status, listed):
    with platform_work() as session:
        tenant = session.get(Tenant, acme.id)
        tenant.status, tenant.status_at = status, now()
    apex.post("/find", {"email": acme.email("Bob")})

    assert bool(mailbox.messages(acme.email("Bob"))) == listed


@pytest.mark.parametrize("odd", ["", "bob", "bob@", "@example.com", "bob@exa mple.com", "bob\0@example.com", "b" * 300])
def test_what_is_no_address_is_said_beside_the_field(apex, odd):
    response = apex.post("/find", {"email": odd})

    assert response.status_code == 422
    assert 'id="email-error"' in response.text


def test_one_mailbox_is_not_flooded(apex, acme):
    answers = [apex.post("/find", {"email": acme.email("Bob")}).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    refused = apex.post("/find", {"email": acme.email("Bob")})
    assert f'value="{acme.email("Bob")}"' in refused.text
    assert "Please wait 60 minutes" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert apex.post("/find", {"email": acme.email("Alice")}).status_code == 200


def test_one_network_cannot_ask_for_many_mailboxes(apex):
    answers = [apex.post("/find", {"email": f"p{number}@example.com"}).status_code for number in range(21)]
    assert answers == [200] * 20 + [429]


def test_slips_of_many_people_do_not_add_up(apex):
    for number in range(6):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        assert (
            apex.post(
                "/find", {"email": "bob"}, headers=headers, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}
            ).status_code
            == 422
        )
