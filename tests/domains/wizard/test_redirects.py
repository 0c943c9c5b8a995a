"""Where pages live: on the primary domain, as long as it can be relied on; other addresses lead there."""

from datetime import timedelta

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict
from saas.domains import operations
from saas.domains.certificates.models import Certificate, CertificateStatus
from saas.domains.queries import get_domain, list_domains
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.scope import platform_work, tenant_work
from tests.domains.certificates.conftest import set_to
from tests.domains.wizard.conftest import told
from tests.support import Browser


@pytest.fixture
def primary(world, acme) -> str:
    """The primary domain of Acme."""
    domain = world.connect(acme)
    world.make_primary(acme, domain)
    return domain.host


def location(app, host: str, path: str = "/sign-in?next=/x", **options) -> str | None:
    return Browser(app, host).get(path, **options).headers.get("Location")


def test_pages_of_the_subdomain_lead_to_the_primary_domain(app, acme, primary):
    assert location(app, acme.host) == f"http://{primary}/sign-in?next=/x"
    assert location(app, primary) is None


def test_pages_of_other_domains_lead_there_too(app, world, acme, primary):
    other = world.connect(acme)
    assert location(app, other.host) == f"http://{primary}/sign-in?next=/x"


def test_without_a_primary_domain_each_stands_for_itself(app, world, acme):
    one, other = world.connect(acme), world.connect(acme)
    assert [location(app, host) for host in (one.host, other.host, acme.host)] == [None, None, None]


def test_former_addresses_lead_to_the_primary_domain(app, world, acme, primary, apex):
    assert apex.get(f"/tenant/{acme.slug}/x").headers["Location"] == f"http://{primary}/x"


def test_programs_are_answered_wherever_they_ask(app, world, acme, primary):
    other = world.connect(acme)
    for host in (acme.host, other.host, primary):
        assert Browser(app, host).get("/api/me").status_code == 401


def test_a_form_that_was_opened_before_the_move_is_still_taken(app, acme, browse, world):
    alice = browse(acme, "Alice")
    alice.get("/settings")
    world.make_primary(acme, world.connect(acme))
    sent = {"name": "Acme Works", "time_zone": "UTC", "language": "en"}
    assert alice.post("/settings", sent).status_code == 303


def test_a_failing_domain_leads_nobody_and_is_left_by_nobody(app, world, acme, primary):
    with tenant_work(acme):
        domain = next(one for one in list_domains() if one.host == primary)
    world.remove(domain)
    assert world.examine(acme, domain) is HostStatus.FAILING
    assert [location(app, host) for host in (acme.host, primary)] == [None, None]
    world.enter(domain)
    assert world.examine(acme, domain) is HostStatus.ACTIVE
    assert location(app, acme.host) == f"http://{primary}/sign-in?next=/x"


def test_only_a_domain_whose_records_are_right_can_be_primary(world, acme):
    claim, domain = world.claim(acme), world.connect(acme)
    with pytest.raises(Conflict, match="once its records are right"):
        world.make_primary(acme, claim)
    world.make_primary(acme, domain)
    assert world.read(acme, domain.id).is_primary


def test_there_is_one_primary_domain_at_most(world, acme):
    one, other = world.connect(acme), world.connect(acme)
    world.make_primary(acme, one)
    world.make_primary(acme, other)
    assert [world.read(acme, domain.id).is_primary for domain in (one, other)] == [False, True]
    with tenant_work(acme):
        operations.unset_primary(get_domain(other.id), actor=SYSTEM)
    assert told(acme, other)[-2:] == ["domain.made_primary", "domain.unset"]
    assert not world.read(acme, other.id).is_primary


def test_mail_leads_to_where_pages_live(world, acme, primary, mailbox):
    other = world.connect(acme)
    assert f"http://{primary}/settings/domains/{other.id}" in mailbox.text(acme.email("Alice"))


def test_an_organisation_that_is_purged_leaves_its_hosts_in_quarantine(world, cast, saas):
    domain = world.connect(cast.acme)
    for command in (("delete", cast.acme.slug, "--yes"), ("purge", cast.acme.slug)):
        assert saas("tenants", *command).exit_code == 0
    with pytest.raises(Exception, match="gave this domain up a short time ago"):
        world.claim(cast.umbrella, domain.host)


class TestWhereWeGetTheCertificates:
    @pytest.fixture(autouse=True)
    def _ours(self, app):
        with set_to(certificates="acme", public_scheme="https"):
            yield

    @pytest.fixture
    def domain(self, world, acme):
        return world.connect(acme)

    def certify(self, acme, domain, *, days: int) -> None:
        with platform_work() as session:
            good = {"status": CertificateStatus.ACTIVE, "expires_at": now() + timedelta(days=days)}
            session.merge(Certificate(host=domain.host, tenant_id=acme.id, **good))
        directory.forget()

    def test_pages_move_to_a_domain_once_its_certificate_is_there(self, world, acme, domain):
        with pytest.raises(Conflict, match="once its certificate is there"):
            world.make_primary(acme, domain)
        self.certify(acme, domain, days=60)
        world.make_primary(acme, domain)
        assert directory.by_name(acme.slug).domain == domain.host

    def test_a_domain_whose_certificate_ran_out_leads_nobody(self, world, acme, domain):
        self.certify(acme, domain, days=60)
        world.make_primary(acme, domain)
        self.certify(acme, domain, days=-1)
        assert directory.by_name(acme.slug).domain is None
        assert directory.by_domain(domain.host).id == acme.id

    def test_the_page_tells_host_and_certificate_apart(self, acme, domain, browse):
        with set_to(public_scheme="http"):  # whose cookies a browser without https sends
            page = browse(acme, "Alice").get(f"/settings/domains/{domain.id}").text
        assert "Connected" in page
        assert "The certificate is being ordered" in page
        assert 'aria-current="step"><span class="step-number" aria-hidden="true">4' in page.replace("\n", "")
