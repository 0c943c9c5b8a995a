"""Domains are looked at every day: what fails is warned of, then switched off; what could not be asked changes nothing."""

import pytest

from saas.core.clock import now
from saas.core.ids import short_id
from saas.core.jobs import GIVES_WAY
from saas.domains import jobs, operations
from saas.domains.queries import get_domain, is_being_examined, list_domains, report_of
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.domains.wizard.conftest import told


def recheck(organisation) -> None:
    """What the daily job does for one organisation."""
    with tenant_work(organisation):
        jobs.recheck()


def test_a_domain_whose_records_are_gone_still_answers_and_is_no_place_to_lead_to(world, acme):
    domain = world.connect(acme)
    world.make_primary(acme, domain)
    assert directory.by_name(acme.slug).domain == domain.host
    world.remove(domain)

    assert world.examine(acme, domain) is HostStatus.FAILING
    assert directory.by_domain(domain.host).id == acme.id
    assert directory.by_name(acme.slug).domain is None


@pytest.mark.parametrize("lost", ["TXT", "CNAME"])
def test_either_record_is_missed(world, acme, lost):
    domain = world.connect(acme)
    name = domain.host if lost == "CNAME" else f"_domain-verify.{domain.host}"
    del world.zone[name, lost]
    assert world.examine(acme, domain) is HostStatus.FAILING
    world.enter(domain)
    assert world.examine(acme, domain) is HostStatus.ACTIVE
    assert told(acme, domain)[-2:] == ["domain.failing", "domain.recovered"]


def test_a_cname_that_leads_in_a_circle_is_missed_and_a_silent_server_is_not(world, acme):
    domain = world.connect(acme)
    world.fall_silent()
    assert world.examine(acme, domain) is HostStatus.ACTIVE
    world.quiet = ()
    world.zone[domain.host, "CNAME"] = [domain.host]
    assert world.examine(acme, domain) is HostStatus.FAILING
    assert "leads in a circle" in report_of(world.read(acme, domain.id)).sentence


def test_after_the_days_of_grace_it_is_switched_off_and_kept_for_its_holder(world, cast, days):
    domain = world.connect(cast.acme)
    world.make_primary(cast.acme, domain)
    world.remove(domain)
    assert world.examine(cast.acme, domain) is HostStatus.FAILING
    days.pass_by(2.9)
    assert world.examine(cast.acme, domain) is HostStatus.FAILING
    days.pass_by(0.2)
    assert world.examine(cast.acme, domain) is HostStatus.DISABLED

    assert directory.by_domain(domain.host) is None
    assert not world.read(cast.acme, domain.id).is_primary
    assert told(cast.acme, domain)[-2:] == ["domain.failing", "domain.disabled"]
    waiting = world.zone.copy()
    with pytest.raises(Exception, match="a short time ago"):
        world.claim(cast.umbrella, domain.host)
    world.zone = waiting
    world.enter(domain)
    assert world.examine(cast.acme, domain) is HostStatus.ACTIVE


def test_what_could_not_be_asked_changes_nothing(world, acme, days):
    domain, claim = world.connect(acme), world.claim(acme)
    world.enter(claim)
    world.fall_silent()
    for _ in range(5):
        days.pass_by(1)
        assert world.examine(acme, domain) is HostStatus.ACTIVE
        assert world.examine(acme, claim) is HostStatus.PENDING
    assert report_of(world.read(acme, domain.id)).proven is None
    world.quiet = ()
    assert world.examine(acme, claim) is HostStatus.ACTIVE


def test_a_failing_domain_is_not_switched_off_as_long_as_nobody_can_be_asked(world, acme, days):
    domain = world.connect(acme)
    world.remove(domain)
    world.examine(acme, domain)
    world.fall_silent()
    days.pass_by(10)
    assert world.examine(acme, domain) is HostStatus.FAILING
    world.quiet = ()
    assert world.examine(acme, domain) is HostStatus.DISABLED


def test_those_who_manage_domains_are_told_once_what_happens(world, acme, mailbox, days):
    domain = world.connect(acme)
    world.make_primary(acme, domain)
    world.remove(domain)
    for _ in range(5):
        world.examine(acme, domain)
        days.pass_by(0.9)
    for person in ("Alice", "Adam"):
        subjects = [message["Subject"] for message in mailbox.messages(acme.email(person))]
        assert [subject for subject in subjects if domain.host in subject] == [
            f"{domain.host} is connected",
            f"The records of {domain.host} are no longer right",
            f"{domain.host} is switched off",
        ]
    assert not [m for m in mailbox.messages(acme.email("Bob")) if domain.host in m["Subject"]]
    text = mailbox.text(acme.email("Alice"))
    assert f"http://{acme.host}/settings/domains/{domain.id}" in text


def test_the_warning_says_what_is_wrong_and_leads_to_the_subdomain(world, acme, mailbox):
    domain = world.connect(acme)
    world.make_primary(acme, domain)
    world.remove(domain)
    world.examine(acme, domain)
    text = mailbox.text(acme.email("Alice"))
    assert report_of(world.read(acme, domain.id)).sentence in text
    assert f"your pages live at http://{acme.host}/ again" in text


def test_every_day_each_domain_and_claim_is_looked_at(world, acme, run_jobs):
    domain, claim = world.connect(acme), world.claim(acme)
    world.remove(domain)
    world.enter(claim)
    recheck(acme)
    run_jobs()
    assert world.status(acme, domain) is HostStatus.FAILING
    assert world.status(acme, claim) is HostStatus.ACTIVE


def test_every_hour_what_somebody_waits_for_is_looked_at(world, cast, days, run_jobs):
    good, failing = world.connect(cast.acme), world.connect(cast.acme)
    old = world.claim(cast.acme)
    days.pass_by(2.1)
    world.remove(failing)
    world.examine(cast.acme, failing)
    fresh = world.claim(cast.umbrella)
    for domain in (old, fresh, failing):
        world.enter(domain)
    world.remove(good)
    days.pass_by(1 / 24)
    jobs.look_again()
    run_jobs()
    assert world.status(cast.acme, good) is HostStatus.ACTIVE
    assert world.status(cast.acme, failing) is HostStatus.ACTIVE
    assert told(cast.acme, failing)[-1] == "domain.recovered"
    assert world.status(cast.acme, old) is HostStatus.PENDING
    assert world.status(cast.umbrella, fresh) is HostStatus.ACTIVE


def test_a_claim_that_nobody_follows_up_is_forgotten_after_thirty_days(world, acme, days):
    claim, domain = world.claim(acme), world.connect(acme)
    days.pass_by(29.9)
    recheck(acme)
    with tenant_scope(acme):
        assert {one.host for one in list_domains()} == {claim.host, domain.host}
    days.pass_by(0.2)
    recheck(acme)
    with tenant_scope(acme):
        assert {one.host for one in list_domains()} == {domain.host}
    assert told(acme, claim) == ["domain.claimed", "domain.forgotten"]


def test_whoever_asks_a_domain_is_examined_every_ten_seconds_at_most(world, acme, days):
    domain = world.claim(acme)

    def ask() -> bool:
        with tenant_work(acme):
            return operations.ask_for_examination(get_domain(domain.id))

    assert ask()
    assert not ask()
    days.pass_by(9 / 86400)
    assert not ask()
    days.pass_by(1.1 / 86400)
    assert ask()


def test_an_examination_is_under_way_until_it_answers_or_the_worker_is_given_up(world, acme, days):
    domain = world.claim(acme)
    with tenant_work(acme):
        operations.ask_for_examination(get_domain(domain.id))
    assert is_being_examined(world.read(acme, domain.id))
    world.examine(acme, domain)
    assert not is_being_examined(world.read(acme, domain.id))
    days.pass_by(11 / 86400)
    with tenant_work(acme):
        operations.ask_for_examination(get_domain(domain.id))
    assert is_being_examined(world.read(acme, domain.id))
    days.pass_by(46 / 86400)
    assert not is_being_examined(world.read(acme, domain.id))


def test_a_domain_released_while_it_is_examined_is_no_error(world, acme):
    domain = world.claim(acme)
    world.release(acme, domain)
    jobs.examine_domain(tenant=str(acme.id), domain=str(domain.id))
    jobs.examine_domain(tenant=str(domain.id), domain=str(domain.id))


def test_the_clock_of_a_report_is_that_of_the_examination(world, acme, days):
    domain = world.claim(acme, f"portal.{short_id()}.example.com")
    world.examine(acme, domain)
    assert report_of(world.read(acme, domain.id)).at == now()


def test_records_that_come_and_go_are_told_by_mail_once_a_day(world, acme, mailbox, days):
    domain = world.connect(acme)

    def told_by_mail() -> int:
        subjects = [message["Subject"] for message in mailbox.messages(acme.email("Alice"))]
        return subjects.count(f"The records of {domain.host} are no longer right")

    for _ in range(5):
        world.remove(domain)
        assert world.examine(acme, domain) is HostStatus.FAILING
        days.pass_by(1 / 24)
        world.enter(domain)
        assert world.examine(acme, domain) is HostStatus.ACTIVE
    assert told_by_mail() == 1
    world.remove(domain)
    world.examine(acme, domain)
    assert told_by_mail() == 1
    days.pass_by(1)
    world.examine(acme, domain)
    assert told_by_mail() == 2, "what still fails a day after the last mail is told before it is switched off"
    days.pass_by(1)
    world.examine(acme, domain)
    assert told_by_mail() == 2


class TestExaminationsForWhichNobodyWaits:
    @pytest.fixture
    def queued(self):
        """Priorities of the examinations that wait for an organisation's domain."""
        query = (
            "SELECT priority FROM jobs.procrastinate_jobs WHERE task_name = 'domains.examine' AND status = 'todo'"
            " AND args ->> 'domain' = %s ORDER BY id"
        )
        with owner_connection() as owner:
            yield lambda domain: [row[0] for row in owner.execute(query, [str(domain.id)])]

    def test_give_way_to_mail_and_to_those_that_a_person_asks_for(self, world, acme, days, queued):
        domain = world.claim(acme)
        recheck(acme)
        assert queued(domain) == [GIVES_WAY]
        days.pass_by(11 / 86400)
        with tenant_work(acme):
            operations.ask_for_examination(get_domain(domain.id))
        assert queued(domain) == [GIVES_WAY, 0]

    def test_do_not_pile_up_while_others_are_done(self, world, acme, days, queued):
        domain = world.claim(acme)
        for _ in range(3):
            recheck(acme)
            jobs.look_again()
            days.pass_by(1 / 24)
        assert queued(domain) == [GIVES_WAY]


class TestADomainThatWasVerifiedBeforeProofsWereAskedFor:
    @pytest.fixture
    def domain(self, world, acme):
        with platform_work() as session:
            known = Domain(host=f"portal.{short_id()}.example.com", tenant_id=acme.id, verified_at=now(), spared=True)
            session.add(known)
            session.flush()
            session.expunge(known)
        directory.forget()
        world.point(known)
        return known

    def test_is_not_switched_off_as_long_as_it_points_here(self, world, acme, domain, days, mailbox):
        for _ in range(6):
            assert world.examine(acme, domain) is HostStatus.ACTIVE
            days.pass_by(1)
        assert directory.by_domain(domain.host).id == acme.id
        assert not [m for m in mailbox.messages(acme.email("Alice")) if domain.host in m["Subject"]]

    def test_shows_the_record_to_add(self, world, acme, domain, browse):
        world.zone["example.com", "NS"] = ["ns1.example.net"]
        world.examine(acme, domain)
        page = browse(acme, "Alice").get(f"/settings/domains/{domain.id}").text
        assert "Connected" in page
        assert "The TXT record that proves the ownership is not there" in page
        assert f"domain-verify={domain.token}" in page

    def test_fails_when_it_leads_elsewhere_and_recovers(self, world, acme, domain):
        del world.zone[domain.host, "CNAME"]
        assert world.examine(acme, domain) is HostStatus.FAILING
        world.point(domain)
        assert world.examine(acme, domain) is HostStatus.ACTIVE

    def test_is_one_like_others_once_its_proof_was_found(self, world, acme, domain):
        world.enter(domain)
        assert world.examine(acme, domain) is HostStatus.ACTIVE
        world.remove(domain)
        world.point(domain)
        assert world.examine(acme, domain) is HostStatus.FAILING

    def test_has_to_be_proven_once_it_was_switched_off(self, world, acme, domain, days):
        world.remove(domain)
        world.examine(acme, domain)
        days.pass_by(3.1)
        assert world.examine(acme, domain) is HostStatus.DISABLED
        world.point(domain)
        assert world.examine(acme, domain) is HostStatus.DISABLED
        world.enter(domain)
        assert world.examine(acme, domain) is HostStatus.ACTIVE
