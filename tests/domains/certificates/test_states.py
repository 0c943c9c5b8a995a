"""What people are told of a certificate, and what the command line shows."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from saas.core.clock import now
from saas.domains.certificates.models import Certificate
from saas.domains.certificates.queries import certificate_states
from saas.domains.certificates.reasons import LEAST_PAUSE, pause_after, sentence
from saas.domains.certificates.states import CertificateState
from saas.tenancy.scope import platform_work, tenant_scope
from tests.cast import Organisation
from tests.domains.certificates.conftest import give_up, row_of, set_to, verify

HOST = "portal.example.org"
SOON, PAST = timedelta(days=60), timedelta(days=-1)


@pytest.fixture
def state(acme, ours):
    """How a certificate is shown to its organisation; without columns there is none yet."""

    def show(**columns: object) -> CertificateState:
        if columns:
            with platform_work() as session:
                session.add(Certificate(host=HOST, tenant_id=acme.id, **columns))
        return shown_to(acme)

    return show


def shown_to(organisation: Organisation) -> CertificateState:
    with tenant_scope(organisation):
        return certificate_states([HOST])[HOST]


class TestStates:
    def test_before_and_while_it_is_ordered(self, state):
        assert (state().status, state().tone) == ("waiting", "info")
        assert (state(status="waiting").status, state().sentence) == ("waiting", state().sentence)
        assert "a minute or two" in state().sentence

    def test_one_that_works(self, state):
        shown = state(status="active", expires_at=now() + SOON)
        assert (shown.status, shown.tone, shown.serves) == ("active", "success", True)
        assert shown.sentence == "The certificate works, and we renew it in time."

    def test_one_that_works_and_cannot_be_renewed(self, state):
        shown = state(status="active", expires_at=now() + SOON, reason="Nobody answered.", attempts=2)
        assert (shown.status, shown.tone, shown.serves) == ("active", "warning", True)
        assert shown.sentence.endswith("could not be renewed so far. Nobody answered. We try again by ourselves.")

    def test_one_that_has_expired(self, state):
        shown = state(status="active", expires_at=now() + PAST, reason="Nobody answered.", attempts=9)
        assert (shown.status, shown.tone, shown.serves) == ("expired", "danger", False)
        assert shown.sentence == "The certificate has expired. Nobody answered. We try again by ourselves."

    def test_one_that_was_refused(self, state):
        shown = state(status="failed", reason="Nobody answered.", attempts=1)
        assert (shown.status, shown.tone, shown.serves) == ("failed", "danger", False)
        assert shown.sentence == "Nobody answered. We try again by ourselves."
        assert shown.next_try_at is not None

    def test_one_whose_authority_is_away(self, state):
        shown = state(status="waiting", reason="The certificate authority could not be asked.")
        assert (shown.status, shown.tone) == ("waiting", "warning")

    def test_it_is_its_organisations_alone(self, state, umbrella, acme):
        state(status="active", expires_at=now() + SOON)
        assert shown_to(acme).status == "active"
        assert shown_to(umbrella).status == "waiting"

    @pytest.mark.parametrize(
        ("changes", "status", "words"),
        [
            ({"certificates": "none"}, "none", "served over http here, so no certificate is needed"),
            ({"certificates": "none", "public_scheme": "https"}, "elsewhere", "in front of us holds the certificate"),
            ({"certificates": "outside"}, "elsewhere", "when the first visitor comes"),
        ],
    )
    def test_where_it_is_not_ours_to_get(self, acme, app, changes, status, words):
        with set_to(**changes):
            shown = shown_to(acme)
        assert words in shown.sentence
        assert (shown.status, shown.tone, shown.serves) == (status, "neutral", True)


class TestReasons:
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("caa", "0 issue “authority.example”"),
            ("connection", "could not reach portal.example.org on port 80"),
            ("dns", "no address of portal.example.org"),
            ("unauthorized", "Another server than ours answered for portal.example.org"),
            ("rateLimited", "Too many certificates"),
            ("somethingNew", "said “somethingNew”"),
            ("", "said “no reason”"),
        ],
    )
    def test_refusals_are_told_in_plain_words(self, code, words):
        assert words in sentence(code, host=HOST, authority="authority.example")

    def test_five_failures_take_more_than_an_hour_and_no_pause_is_longer_than_half_a_day(self):
        pauses = [pause_after(number, "dns") for number in range(1, 40)]
        assert sum(pauses[:5], timedelta()) > timedelta(hours=1)
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[-1]) == (LEAST_PAUSE, timedelta(hours=12))

    def test_who_asks_too_often_waits_longer(self):
        assert pause_after(1, "rateLimited") == timedelta(hours=6) > pause_after(1, "dns")


class TestCommandLine:
    def test_it_lists_what_is_there(self, saas, state):
        with platform_work() as session:
            session.execute(delete(Certificate))
        assert "There are no certificates. CERTIFICATES is acme." in saas("certificates", "list").output
        state(status="failed", reason="Nobody answered.", attempts=3)
        shown = saas("certificates", "list").output
        assert [word in shown for word in (HOST, "failed", "3", "Nobody answered.")] == [True] * 4

    def test_it_has_one_renewed(self, saas, acme, ours):
        host = verify(acme)
        with platform_work() as session:
            session.add(
                Certificate(
                    host=host, tenant_id=acme.id, status="active", expires_at=now() + SOON, next_try_at=now() + SOON
                )
            )
        assert saas("certificates", "renew", host).exit_code == 0
        assert row_of(host).next_try_at <= now()

    def test_it_renews_no_domain_that_is_not_verified_and_none_that_is_not_ours(self, saas, acme, ours):
        host = verify(acme)
        assert saas("certificates", "renew", host).exit_code == 0
        with set_to(certificates="outside"):
            assert "CERTIFICATES is outside" in saas("certificates", "renew", host).output
        give_up(host)
        assert "is no verified domain" in saas("certificates", "renew", host).output
