"""How a domain stands, as its pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from saas.domains.certificates.queries import certificate_states
from saas.domains.certificates.states import CertificateState
from saas.domains.doctor import Report
from saas.domains.hosts import display
from saas.domains.queries import claim_of, disabled_at, is_being_examined, report_of, status_of
from saas.domains.records import Record, is_apex, records_for, relative_name
from saas.domains.reports import RecordReport
from saas.domains.statuses import HostStatus
from saas.domains.steps import Step, steps_of
from saas.domains.zones import zone_of
from saas.tenancy.models import Domain

BADGES = {
    HostStatus.PENDING: ("Waiting for its records", "warning"),
    HostStatus.ACTIVE: ("Connected", "success"),
    HostStatus.FAILING: ("Records are wrong", "danger"),
    HostStatus.DISABLED: ("Switched off", "danger"),
}
"""What a host's status is called, and the tone of its badge."""
VERDICTS = {
    "found": ("Right", "success"),
    "missing": ("Missing", "warning"),
    "wrong": ("Wrong", "danger"),
    "unknown": ("Could not ask", "neutral"),
}
"""What the verdict on a record is called, and its tone."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record as its holder's DNS provider wants it: ``name`` without the zone, ``full_name`` with it."""

    record: Record
    name: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A domain with all that its pages say of it. There is a ``certificate`` to speak of once the host is verified."""

    domain: Domain
    status: HostStatus
    report: Report | None
    certificate: CertificateState | None = None

    @property
    def shown(self) -> str:
        """The host as people read it."""
        return display(self.domain.host)

    @property
    def zone(self) -> str:
        """The registered domain that the host belongs to, as far as we can guess."""
        return zone_of(self.domain.host)

    @property
    def is_apex(self) -> bool:
        """Whether the host is the registered domain itself."""
        return is_apex(self.domain.host)

    @property
    def is_waiting(self) -> bool:
        """Whether it answers only when its records are right."""
        return self.status in (HostStatus.PENDING, HostStatus.DISABLED)

    @property
    def is_watched(self) -> bool:
        """Whether its pages look again by themselves, as something is to be put right."""
        return self.status is not HostStatus.ACTIVE

    @property
    def is_busy(self) -> bool:
        """Whether an examination is under way."""
        return is_being_examined(self.domain)

    @property
    def until(self) -> datetime | None:
        """When it is switched off unless its records are put right."""
        return disabled_at(self.domain)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What there is to do, and how each of it stands."""
        return steps_of(self.status, self.report, self.certificate)

    @property
    def lines(self) -> list[Line]:
        """The records to be entered. Where a domain can have no CNAME, an examination knows the addresses."""
        records: Iterable[Record] = [row.record for row in self.rows] or records_for(claim_of(self.domain))
        return [Line(record, relative_name(record, self.zone), record.name) for record in records]

    @property
    def rows(self) -> tuple[RecordReport, ...]:
        """What the last examination said of each record."""
        return self.report.records if self.report else ()


def standing_of(domain: Domain) -> Standing:
    """How one domain stands."""
    return standings_of([domain])[0]


def standings_of(domains: Iterable[Domain]) -> list[Standing]:
    """How several domains stand."""
    known = list(domains)
    states = certificate_states([domain.host for domain in known if domain.verified_at])
    return [Standing(one, status_of(one), report_of(one), states.get(one.host)) for one in known]
