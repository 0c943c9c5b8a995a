"""What the tests of domains share: a world whose DNS is a table, and organisations that claim hosts in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.database import db
from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.domains import jobs, operations
from saas.domains.queries import get_domain, status_of
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation
from tests.domains.answers import RESOLVERS, Table

TARGET, OURS = "custom.example.test", "192.0.2.80"


@dataclass
class World:
    """The DNS that the doctor asks, and what organisations do in it. ``quiet`` resolvers give no answer."""

    zone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    quiet: tuple[str, ...] = ()

    def asker(self) -> Table:
        return Table(self.zone, failing=dict.fromkeys(self.quiet, "timeout"))

    def fall_silent(self) -> None:
        self.quiet = (*RESOLVERS, "authoritative")

    def enter(self, domain: Domain) -> None:
        """Both records of a claim, as they should be; those of another claim of this host go."""
        self.zone[f"_domain-verify.{domain.host}", "TXT"] = [f"domain-verify={domain.token}"]
        self.point(domain)

    def point(self, domain: Domain) -> None:
        self.zone[domain.host, "CNAME"] = [TARGET]

    def remove(self, domain: Domain) -> None:
        """Both records of a host are gone."""
        self.zone.pop((f"_domain-verify.{domain.host}", "TXT"), None)
        self.zone.pop((domain.host, "CNAME"), None)

    def claim(self, organisation: Organisation, host: str = "") -> Domain:
        with tenant_work(organisation):
            return operations.claim_domain(host or f"portal.{short_id()}.example.com", actor=SYSTEM)

    def examine(self, organisation: Organisation, domain: Domain) -> HostStatus:
        """Do what the job does; the host's status then."""
        jobs.examine_domain(tenant=str(organisation.id), domain=str(domain.id))
        return self.status(organisation, domain)

    def connect(self, organisation: Organisation, host: str = "") -> Domain:
        """A domain whose records are right."""
        domain = self.claim(organisation, host)
        self.enter(domain)
        assert self.examine(organisation, domain) is HostStatus.ACTIVE
        return self.read(organisation, domain.id)

    def make_primary(self, organisation: Organisation, domain: Domain) -> None:
        with tenant_work(organisation):
            operations.make_primary(get_domain(domain.id, to_change=True), actor=SYSTEM)

    def release(self, organisation: Organisation, domain: Domain) -> None:
        with tenant_work(organisation):
            operations.release_domain(get_domain(domain.id), typed=domain.host, actor=SYSTEM)

    def read(self, organisation: Organisation, domain_id: UUID) -> Domain:
        with tenant_scope(organisation):
            return get_domain(domain_id)

    def status(self, organisation: Organisation, domain: Domain) -> HostStatus:
        return status_of(self.read(organisation, domain.id))


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which nothing but our own host has records."""
    world = World({(TARGET, "A"): [OURS]})
    monkeypatch.setattr(jobs, "asker", world.asker)
    return world


class Days:
    """Moves the clock."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def pass_by(self, days: float) -> None:
        """Go on by so many days; what processes remember is forgotten meanwhile."""
        self._traveller.shift(timedelta(days=days))
        directory.forget()


@pytest.fixture
def days() -> Iterator[Days]:
    """The clock, which stands until days pass by."""
    with time_machine.travel(now(), tick=False) as traveller:
        yield Days(traveller)


def told(organisation: Organisation, domain: Domain) -> list[str]:
    """The events that the organisation's log tells of a domain, oldest first, by the end of their names."""
    with tenant_scope(organisation):
        entries = db.session.query(AuditEntry).filter_by(target_id=str(domain.id)).order_by(AuditEntry.id)
        return [entry.event.removeprefix("domains.") for entry in entries]


@pytest.fixture
def switched_off(world: World, acme: Organisation, days: Days) -> Domain:
    """A domain of Acme's whose records were wrong for days."""
    domain = world.connect(acme)
    world.remove(domain)
    world.examine(acme, domain)
    days.pass_by(3.1)
    assert world.examine(acme, domain) is HostStatus.DISABLED
    return domain
