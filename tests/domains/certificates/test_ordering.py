"""Getting certificates from a real authority: once, renewed in time, refused for a reason, given up with the domain."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import delete, update

from saas.core.clock import now
from saas.core.scope import scope_or_none
from saas.domains.certificates import folder as written
from saas.domains.certificates.jobs import renew
from saas.domains.certificates.models import AcmeAccount
from saas.domains.certificates.operations import request_certificate
from saas.domains.certificates.ordering import certify
from saas.domains.certificates.reasons import LIMITED
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_work
from tests.cast import Organisation
from tests.domains.certificates.conftest import change, give_up, row_of, set_to, told_of, verify
from tests.domains.certificates.pebble import Pebble, needs_pebble, running

pytestmark = needs_pebble
ISSUED, FAILED = "certificates.certificate.issued", "certificates.certificate.failed"


def certificate_in(folder: Path, host: str) -> x509.Certificate:
    """The certificate of a host, which fits its key."""
    certificate = x509.load_pem_x509_certificate((folder / host / "fullchain.pem").read_bytes())
    key = load_pem_private_key((folder / host / "privkey.pem").read_bytes(), password=None)
    assert certificate.public_key() == key.public_key()
    return certificate


@contextmanager
def strangers_server(address: str, port: int) -> Iterator[None]:
    """A web server of somebody else, which knows none of our pages."""
    with ThreadingHTTPServer((address, port), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


class Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


def request(organisation: Organisation, host: str) -> None:
    with tenant_work(organisation):
        request_certificate(host)


class TestIssuing:
    def test_a_verified_domain_gets_one_by_the_job(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        request(acme, host)
        run_jobs()
        names = certificate_in(folder, host).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [host]
        row = row_of(host)
        assert (row.status, row.reason, row.order_url, row.order_key) == ("active", "", "", None)
        assert row.expires_at == certificate_in(folder, host).not_valid_after_utc
        assert told_of(acme, host) == [ISSUED]

    def test_one_that_nobody_asked_for_is_found_by_the_watch(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        renew()
        run_jobs()
        assert certificate_in(folder, host)

    def test_a_domain_that_is_not_verified_gets_none(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        give_up(host)
        request(acme, host)
        run_jobs()
        assert (row_of(host), folder.exists()) == (None, False)

    def test_nothing_is_asked_while_nothing_is_due(self, acme, authority, folder):
        host = verify(acme)
        certify(host)
        first = certificate_in(folder, host)
        certify(host)
        assert certificate_in(folder, host) == first
        assert told_of(acme, host) == [ISSUED]

    def test_the_key_is_readable_by_its_group_and_nobody_else(self, acme, authority, folder):
        host = verify(acme)
        certify(host)
        assert (folder / host / "privkey.pem").stat().st_mode & 0o777 == 0o640

    def test_no_scope_is_open_while_the_authority_is_asked(self, acme, authority, monkeypatch):
        scopes = []
        original = requests.Session.request
        monkeypatch.setattr(
            requests.Session, "request", lambda *a, **k: (scopes.append(scope_or_none()), original(*a, **k))[1]
        )
        certify(verify(acme))
        assert scopes
        assert set(scopes) == {None}

    def test_all_hosts_share_one_account(self, acme, authority, statements):
        certify(verify(acme))
        statements.clear()
        certify(verify(acme))
        assert [one for one in statements if one.startswith("UPDATE platform.acme_accounts")] == []

    def test_two_at_once_open_one_account(self, acme, authority, folder, run_jobs):
        with platform_work() as session:
            session.execute(delete(AcmeAccount))
        hosts = [verify(acme), verify(acme)]
        for host in hosts:
            request(acme, host)
        run_jobs()
        assert all(certificate_in(folder, host) for host in hosts)

    def test_who_asks_twice_gets_one(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        request(acme, host)
        request(acme, host)
        renew()
        run_jobs()
        assert certificate_in(folder, host)
        assert told_of(acme, host) == [ISSUED]

    def test_an_account_that_the_authority_has_forgotten_is_opened_anew(self, acme, authority, folder):
        certify(verify(acme))
        with platform_work() as session:
            session.get_one(AcmeAccount, authority.directory).url = authority.directory.replace(
                "/dir", "/my-account/nobody"
            )
        host = verify(acme)
        certify(host)
        assert (row_of(host).status, row_of(host).attempts) == ("waiting", 0)
        change(host, next_try_at=now())
        certify(host)
        assert certificate_in(folder, host)


class TestRenewing:
    def test_with_a_third_of_its_life_left_it_is_due(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        certify(host)
        row = row_of(host)
        life = row.expires_at - row.issued_at
        assert row.next_try_at == row.expires_at - life / 3
        first = certificate_in(folder, host)
        renew()
        run_jobs()
        assert certificate_in(folder, host) == first
        change(host, next_try_at=now())
        renew()
        run_jobs()
        second = certificate_in(folder, host)
        assert second != first
        assert second.public_key() != first.public_key()

    def test_it_can_be_asked_for_before_its_time(self, acme, authority, folder, run_jobs):
        host = verify(acme)
        certify(host)
        first = certificate_in(folder, host)
        request(acme, host)
        run_jobs()
        assert certificate_in(folder, host) != first

    def test_a_folder_that_was_lost_is_filled_again_and_leads_nobody_astray_meanwhile(
        self, acme, authority, folder, run_jobs
    ):
        kept, lost = verify(acme), verify(acme)
        with platform_work() as session:
            session.execute(update(Domain).where(Domain.host == lost).values(is_primary=True))
        certify(kept)
        certify(lost)
        before = certificate_in(folder, kept)
        with set_to(certificates="acme", public_scheme="https"):
            assert directory.by_name(acme.slug).domain == lost
            (folder / lost / "privkey.pem").unlink()
            renew()
            assert directory.by_name(acme.slug).domain is None
            run_jobs()
            assert directory.by_name(acme.slug).domain == lost
        assert certificate_in(folder, lost)
        assert certificate_in(folder, kept) == before

    def test_a_folder_that_cannot_be_written_is_told_and_costs_no_second_order(self, acme, authority, folder):
        host = verify(acme)
        folder.write_text("in the way")
        certify(host)
        row = row_of(host)
        assert (row.status, row.attempts) == ("waiting", 0)
        assert "could not be stored on our side" in row.reason
        folder.unlink()
        change(host, next_try_at=now())
        certify(host)
        assert (row_of(host).status, row_of(host).reason) == ("active", "")
        assert certificate_in(folder, host).not_valid_before_utc <= row.next_try_at
        assert row.order_url

    def test_while_it_fails_the_old_one_goes_on(self, acme, authority, folder):
        host = verify(acme)
        certify(host)
        first = certificate_in(folder, host)
        authority.tell_dns("add-a", host=f"{host}.", addresses=["127.0.0.2"])
        change(host, next_try_at=now())
        certify(host)
        assert row_of(host).status == "active"
        assert row_of(host).reason
        assert certificate_in(folder, host) == first


class TestRefusals:
    def test_one_host_that_is_asked_for_too_often_ends_the_round_for_all(self, acme, authority, folder, run_jobs):
        limited, host = verify(acme), verify(acme)
        certify(limited)
        change(limited, reason=LIMITED, failed_at=now() - timedelta(minutes=4))
        renew()
        request(acme, host)
        run_jobs()
        assert not (folder / host).exists()
        change(limited, failed_at=now() - timedelta(minutes=6))
        renew()
        run_jobs()
        assert certificate_in(folder, host)

    def test_a_round_orders_eight(self, acme, authority):
        query = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'domains.certify' AND args ->> 'host' = ANY(%s)"
        hosts = [verify(acme) for _ in range(10)]
        renew()
        with owner_connection() as owner:
            assert owner.execute(query, [hosts]).fetchone() == (8,)

    def test_a_host_that_does_not_answer_is_told_in_plain_words_and_tried_again_later(self, acme, authority, folder):
        host = verify(acme)
        authority.tell_dns("add-a", host=f"{host}.", addresses=["127.0.0.2"])
        certify(host)
        row = row_of(host)
        assert (row.status, row.attempts) == ("failed", 1)
        assert f"could not reach {host} on port 80" in row.reason
        assert told_of(acme, host) == [FAILED]
        assert not (folder / host).exists()
        authority.tell_dns("clear-a", host=f"{host}.")
        certify(host)
        assert row_of(host).status == "failed", "an authority counts failures: it is not due yet"
        change(host, next_try_at=now())
        certify(host)
        assert (row_of(host).status, row_of(host).attempts, row_of(host).reason) == ("active", 0, "")
        assert told_of(acme, host) == [FAILED, ISSUED]

    def test_pauses_grow_and_keep_to_the_limits_of_authorities(self, acme, authority):
        host, pauses = verify(acme), []
        authority.tell_dns("add-a", host=f"{host}.", addresses=["127.0.0.2"])
        for _ in range(4):
            certify(host)
            row = row_of(host)
            pauses.append(round((row.next_try_at - row.failed_at) / timedelta(minutes=1)))
            change(host, next_try_at=now())
        assert pauses == [12, 24, 48, 96]
        assert told_of(acme, host) == [FAILED], "the same reason is told once"

    def test_soon_after_a_failure_even_a_person_waits(self, acme, authority, run_jobs):
        host = verify(acme)
        authority.tell_dns("add-a", host=f"{host}.", addresses=["127.0.0.2"])
        certify(host)
        request(acme, host)
        run_jobs()
        assert row_of(host).attempts == 1
        change(host, failed_at=now() - timedelta(minutes=13))
        request(acme, host)
        assert row_of(host).next_try_at <= now()

    def test_a_host_that_another_server_answers_for(self, acme, authority, http_port):
        host = verify(acme)
        with strangers_server("127.0.0.3", http_port):
            authority.tell_dns("add-a", host=f"{host}.", addresses=["127.0.0.3"])
            certify(host)
        assert f"Another server than ours answered for {host}." in row_of(host).reason

    def test_a_name_that_the_authority_does_not_serve(self, acme, authority):
        host = verify(acme, "blocked.example.net")
        certify(host)
        assert f"gives no certificates for {host}" in row_of(host).reason

    def test_an_authority_that_cannot_be_asked_is_no_failure(self, acme, ours, pebble: Pebble):
        host = verify(acme)
        with set_to(acme_directory="https://127.0.0.1:9/dir"):
            certify(host)
        row = row_of(host)
        assert (row.status, row.attempts, row.reason) == ("waiting", 0, "The certificate authority could not be asked.")
        assert row.next_try_at > now()
        assert told_of(acme, host) == []

    def test_an_authority_that_gives_us_no_account_is_no_failure_of_the_host(self, acme, ours, tmp_path, http_port):
        host = verify(acme)
        with running(tmp_path, http_port, externalAccountBindingRequired=True) as other:
            with set_to(acme_directory=other.directory, acme_ca_file=other.ca_file):
                certify(host)
        assert (row_of(host).status, row_of(host).attempts) == ("waiting", 0)

    def test_an_authority_whose_server_nobody_vouches_for_is_not_asked(self, acme, ours, pebble: Pebble):
        host = verify(acme)
        with set_to(acme_directory=pebble.directory, acme_ca_file=None):
            certify(host)
        assert row_of(host).reason == "The certificate authority could not be asked."


class TestGivingUp:
    def test_a_domain_that_was_given_up_takes_its_certificate_along(self, acme, authority, folder):
        kept, host = verify(acme), verify(acme)
        certify(kept)
        certify(host)
        give_up(host)
        renew()
        assert row_of(host) is None
        assert [path.name for path in folder.glob("*") if path.is_symlink()] == [kept]
        assert [path.name for path in (folder / ".versions").iterdir()] == [kept]

    def test_of_a_domain_given_up_meanwhile_nothing_stays(self, acme, authority, folder, monkeypatch):
        host, original = verify(acme), written.install
        monkeypatch.setattr(written, "install", lambda *a, **k: (original(*a, **k), give_up(host)))
        certify(host)
        assert not (folder / host).exists()
        assert told_of(acme, host) == []

    def test_another_organisation_begins_anew(self, acme, umbrella, authority, folder):
        host = verify(acme)
        certify(host)
        first = certificate_in(folder, host)
        give_up(host)
        verify(umbrella, host)
        certify(host)
        assert row_of(host).tenant_id == umbrella.id
        assert certificate_in(folder, host) != first
        assert told_of(umbrella, host) == [ISSUED]

    @pytest.mark.parametrize("setting", ["none", "outside"])
    def test_where_certificates_are_not_ours_nothing_is_done(self, acme, authority, folder, run_jobs, setting):
        host = verify(acme)
        with set_to(certificates=setting):
            request(acme, host)
            renew()
            run_jobs()
            certify(host)
        assert (row_of(host), folder.exists()) == (None, False)
