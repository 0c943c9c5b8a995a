"""What machines ask on whatever host: proofs for authorities, and which hosts to serve."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from saas.core.clock import now
from saas.domains.certificates.models import AcmeChallenge
from saas.domains.certificates.operations import PROOF_KEPT, keep_proof
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_work
from tests.domains.certificates.conftest import give_up, verify
from tests.support import statements_sent

PROOF = "/.well-known/acme-challenge/"


@pytest.fixture
def ask(app):
    """A request by a machine that knows no site."""
    return lambda path, host="nobody.example.net", **headers: app.test_client().get(
        path, headers={"Host": host} | headers
    )


class TestProofs:
    def test_the_proof_is_found_on_every_host(self, ask, acme, umbrella):
        keep_proof("token-1", "token-1.thumbprint")
        portal = verify(acme)
        for host in (
            "example.test",
            acme.host,
            portal,
            "unknown.example.net",
            "192.0.2.1",
            "www.example.test",
            "UPPER.example.NET",
        ):
            answer = ask(f"{PROOF}token-1", host)
            assert (answer.status_code, answer.text, answer.mimetype) == (200, "token-1.thumbprint", "text/plain")

    def test_it_comes_without_a_session_whatever_is_sent_along(self, ask, acme):
        keep_proof("token-2", "shown")
        cookie = f"session={acme.session_of('Alice')}"
        answer = ask(
            f"{PROOF}token-2", acme.host, Cookie=cookie, Authorization="Bearer x.y.z", **{"X-Tenant-ID": "nobody"}
        )
        assert (answer.status_code, answer.text) == (200, "shown")
        assert "Set-Cookie" not in answer.headers

    def test_one_query_finds_it(self, ask):
        keep_proof("token-3", "shown")
        with statements_sent() as sent:
            ask(f"{PROOF}token-3")
        assert len(sent) == 1

    @pytest.mark.parametrize("token", ["other", "a" * 201, "a.b", "%00", "a b", "tök", "..%2f..", "token-4/"])
    def test_what_nobody_ordered_is_not_found(self, ask, token):
        keep_proof("token-4", "shown")
        assert ask(f"{PROOF}token-4").status_code == 200
        assert ask(f"{PROOF}{token}").status_code == 404

    @pytest.mark.parametrize("token", ["a" * 201, "a.b", "%00"])
    def test_for_what_is_no_token_nobody_is_asked(self, ask, token):
        with statements_sent() as sent:
            assert ask(f"{PROOF}{token}").text == "not found\n"
        assert sent == []

    def test_after_an_hour_it_is_gone(self, ask):
        keep_proof("token-5", "shown")
        assert ask(f"{PROOF}token-5").status_code == 200
        with platform_work() as session:
            session.get_one(AcmeChallenge, "token-5").expires_at -= PROOF_KEPT + timedelta(seconds=1)
        assert ask(f"{PROOF}token-5").status_code == 404


class TestAsking:
    def test_a_verified_domain_may_have_a_certificate(self, ask, acme):
        host = verify(acme)
        assert ask(f"/domains/ask?domain={host}").status_code == 200
        assert ask(f"/domains/ask?domain={host.upper()}", acme.host).status_code == 200
        give_up(host)
        assert ask(f"/domains/ask?domain={host}").status_code == 404

    def test_a_pending_one_may_not(self, ask, acme):
        with platform_work() as session:
            session.add(Domain(host="pending.example.org", tenant_id=acme.id))
        assert ask("/domains/ask?domain=pending.example.org").status_code == 404
        with platform_work() as session:
            session.execute(update(Domain).where(Domain.host == "pending.example.org").values(verified_at=now()))
        directory.forget()
        assert ask("/domains/ask?domain=pending.example.org").status_code == 200

    @pytest.mark.parametrize(
        "asked",
        [
            "domain=%2e%2e",
            "domain=a:443",
            "domain=*.example.org",
            "domain=%00",
            "domain=tök.example.org",
        ],
    )
    def test_anything_else_may_not(self, ask, acme, asked):
        assert ask(f"/domains/ask?{asked}").status_code == 404
        assert ask(f"/domains/ask?domain={acme.host}").status_code == 404

    @pytest.mark.parametrize("asked", ["", "?domain=", "?host=portal.example.org"])
    def test_whoever_names_no_host_is_told_so(self, ask, asked):
        assert ask(f"/domains/ask{asked}").status_code == 400

    def test_who_asks_again_and_again_costs_no_query(self, ask, acme):
        host = verify(acme)
        ask(f"/domains/ask?domain={host}")
        ask("/domains/ask?domain=made-up.example.net")
        with statements_sent() as sent:
            ask(f"/domains/ask?domain={host}")
            ask("/domains/ask?domain=made-up.example.net")
        assert sent == []


def test_other_pages_keep_to_their_sites(ask, acme):
    for path in ("/.well-known/acme-challenge", "/.well-known/other", "/domains/asked", "/health", "/health/lively"):
        assert ask(path, acme.host).status_code == 404
        assert "acme-challenge" not in ask(path).text
