"""Taking back a claim that was never proven: only such a one, only one's own, and nothing that is just being proven."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.domains import jobs, operations
from saas.domains.queries import get_domain
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain, ReleasedDomain
from saas.tenancy.scope import platform_scope, tenant_work
from tests.cast import Organisation
from tests.domains.wizard.conftest import told
from tests.domains.wizard.test_claiming import At

INDEX = "/settings/domains"


def url(domain: Domain, end: str = "") -> str:
    return f"{INDEX}/{domain.id}{end}"


class Withdrawal:
    """What the page does by a click; ``came_to`` is how it went: done, waited (for longer than it was let), refused."""

    def __init__(self, organisation: Organisation, domain: Domain) -> None:
        self.organisation, self.domain, self.came_to = organisation, domain, ""

    def __call__(self) -> None:
        try:
            with tenant_work(self.organisation) as session:
                session.execute(text("SET LOCAL lock_timeout TO '50ms'"))
                operations.release_domain(get_domain(self.domain.id, to_change=True), actor=SYSTEM)
            self.came_to = "done"
        except OperationalError:
            self.came_to = "waited"
        except Invalid:
            self.came_to = "refused"


def test_while_a_claim_is_being_proven_it_ends_the_claim_or_waits(world, acme):
    """At each statement of the examination that verifies a claim, somebody withdraws it."""
    number, came, ways = 0, True, set[str]()
    while came:
        number += 1
        domain = world.claim(acme)
        world.enter(domain)
        withdrawal = Withdrawal(acme, domain)
        at = At(number, withdrawal)
        event.listen(db.guarded, "before_cursor_execute", at)
        try:
            jobs.examine_domain(tenant=str(acme.id), domain=str(domain.id))
        finally:
            event.remove(db.guarded, "before_cursor_execute", at)
        came = at.done
        ways.add(withdrawal.came_to)
        if withdrawal.came_to == "done":
            assert told(acme, domain) == ["domain.claimed", "domain.released"], f"at statement {number}"
            assert directory.by_domain(domain.host) is None
        else:
            assert world.status(acme, domain) is HostStatus.ACTIVE, f"at statement {number}"
            world.release(acme, domain)
            with platform_scope() as session:
                assert session.get_one(ReleasedDomain, domain.host).tenant_id == acme.id
    assert {"done", "waited"} <= ways


def test_of_a_domain_that_was_proven_meanwhile_asks_first(world, acme, browse):
    claim, domain = world.claim(acme), world.claim(acme)
    alice = browse(acme, "Alice")
    assert all("/withdraw" in alice.get(url(one)).text for one in (claim, domain))
    world.enter(domain)
    world.examine(acme, domain)
    assert alice.post(url(domain, "/withdraw"), page=url(domain)).headers["Location"] == url(domain, "/release")
    assert world.status(acme, domain) is HostStatus.ACTIVE
    assert "/withdraw" not in alice.get(url(domain)).text
    assert alice.post(url(claim, "/withdraw"), page=url(claim)).headers["Location"] == INDEX
    assert alice.get(url(claim)).status_code == 404


def test_of_a_domain_that_is_switched_off_asks_first(world, acme, browse, switched_off):
    domain = switched_off
    alice = browse(acme, "Alice")
    assert "/withdraw" not in alice.get(url(domain)).text
    assert alice.post(url(domain, "/withdraw"), page=url(domain)).headers["Location"] == url(domain, "/release")
    assert world.status(acme, domain) is HostStatus.DISABLED


def test_of_anothers_claim_finds_none(world, cast, browse):
    theirs, own = world.claim(cast.umbrella), world.claim(cast.acme)
    alice = browse(cast.acme, "Alice")
    assert alice.post(url(theirs, "/withdraw"), page=INDEX).status_code == 404
    assert world.status(cast.umbrella, theirs) is HostStatus.PENDING
    assert alice.post(url(own, "/withdraw"), page=INDEX).headers["Location"] == INDEX
    with pytest.raises(NotFound):
        world.status(cast.acme, own)


def test_of_a_host_in_ones_own_quarantine_leaves_the_quarantine(world, acme, browse):
    domain = world.connect(acme)
    world.release(acme, domain)
    again = world.claim(acme, domain.host)
    alice = browse(acme, "Alice")
    asked = alice.get(url(again)).text
    assert "It does not answer now, so nobody misses it" in asked
    assert "never connected" not in asked
    assert alice.post(url(again, "/withdraw"), page=INDEX).headers["Location"] == INDEX
    assert world.claim(acme, domain.host).token == domain.token
