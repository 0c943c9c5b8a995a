"""Who can have a host: claims side by side, proof, quarantine, likeness, limits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from saas.core.actor import SYSTEM, Actor
from saas.core.database import db
from saas.core.errors import Invalid, NotAllowed, NotFound
from saas.core.ids import short_id
from saas.domains import operations
from saas.domains.queries import get_domain, list_domains, report_of
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.domains import keep_hosts_back
from saas.tenancy.jobs import tidy_platform
from saas.tenancy.limits import FeatureLocked
from saas.tenancy.models import Domain, ReleasedDomain
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.domains.wizard.conftest import told
from tests.support import sold


def hosts_of(organisation) -> list[str]:
    with tenant_scope(organisation):
        return [domain.host for domain in list_domains()]


def test_a_claim_is_kept_and_answers_nothing(world, acme):
    domain = world.claim(acme)
    assert hosts_of(acme) == [domain.host]
    assert world.status(acme, domain) is HostStatus.PENDING
    assert directory.by_domain(domain.host) is None
    assert told(acme, domain) == ["domain.claimed"]


def test_of_two_claims_the_one_that_is_proven_gets_the_host(world, cast):
    host = f"portal.{short_id()}.example.com"
    theirs, ours = world.claim(cast.umbrella, host), world.claim(cast.acme, host)
    assert theirs.token != ours.token
    world.enter(ours)

    assert world.examine(cast.umbrella, theirs) is HostStatus.PENDING
    assert world.examine(cast.acme, ours) is HostStatus.ACTIVE
    assert directory.by_domain(host).id == cast.acme.id
    assert told(cast.acme, ours) == ["domain.claimed", "domain.verified"]
    assert told(cast.umbrella, theirs) == ["domain.claimed"]


def test_of_two_who_can_both_prove_a_host_at_the_same_moment_one_gets_it(world, cast):
    for _ in range(5):
        host = f"portal.{short_id()}.example.com"
        claims = [(one, world.claim(one, host)) for one in (cast.acme, cast.umbrella)]
        world.point(claims[0][1])
        tokens = [f"domain-verify={claim.token}" for _, claim in claims]
        world.zone[f"_domain-verify.{host}", "TXT"] = tokens
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda claim: world.examine(*claim), claims))
        assert sorted(found) == [HostStatus.ACTIVE, HostStatus.PENDING]


def test_of_many_claims_at_once_ten_are_kept(world, acme):
    def claim(_number: int) -> bool:
        try:
            return bool(world.claim(acme))
        except Invalid:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(14))) == 10
    assert len(hosts_of(acme)) == 10


def test_a_host_that_is_taken_cannot_be_claimed_and_not_be_proven_by_an_older_claim(world, cast):
    host = f"portal.{short_id()}.example.com"
    older = world.claim(cast.umbrella, host)
    world.connect(cast.acme, host)
    world.enter(older)

    assert world.examine(cast.umbrella, older) is HostStatus.PENDING
    assert "in use by another organisation" in report_of(world.read(cast.umbrella, older.id)).sentence
    assert directory.by_domain(host).id == cast.acme.id
    with tenant_work(cast.umbrella):
        operations.release_domain(get_domain(older.id), typed=host, actor=SYSTEM)
    with pytest.raises(Invalid, match="in use by another organisation"):
        world.claim(cast.umbrella, host)
    assert hosts_of(cast.umbrella) == []


def test_proof_without_pointing_and_pointing_without_proof_are_not_enough(world, acme):
    domain = world.claim(acme)
    world.point(domain)
    assert world.examine(acme, domain) is HostStatus.PENDING
    world.enter(domain)
    del world.zone[domain.host, "CNAME"]
    assert world.examine(acme, domain) is HostStatus.PENDING
    world.enter(domain)
    assert world.examine(acme, domain) is HostStatus.ACTIVE


def test_a_released_host_is_kept_for_its_former_holder(world, cast, days):
    domain = world.connect(cast.acme)
    world.release(cast.acme, domain)
    assert directory.by_domain(domain.host) is None
    with pytest.raises(Invalid, match="gave this domain up a short time ago"):
        world.claim(cast.umbrella, domain.host)
    assert hosts_of(cast.umbrella) == []
    again = world.claim(cast.acme, domain.host)
    assert world.examine(cast.acme, again) is HostStatus.ACTIVE, "its records stayed as they were"
    with platform_scope() as session:
        assert session.get(ReleasedDomain, domain.host) is None


def test_who_claims_a_host_again_in_its_quarantine_gets_the_same_token_and_nobody_else_does(world, cast, days):
    domain = world.connect(cast.acme)
    world.release(cast.acme, domain)
    again = world.claim(cast.acme, domain.host)
    assert again.token == domain.token
    world.release(cast.acme, again)
    days.pass_by(7.1)
    theirs = world.claim(cast.umbrella, domain.host)
    late = world.claim(cast.acme, domain.host)
    assert len({domain.token, theirs.token, late.token}) == 3


def test_a_domain_that_was_switched_off_and_released_keeps_its_token_too(world, acme, days):
    domain = world.connect(acme)
    world.remove(domain)
    world.examine(acme, domain)
    days.pass_by(3.1)
    assert world.examine(acme, domain) is HostStatus.DISABLED
    world.release(acme, domain)
    assert world.claim(acme, domain.host).token == domain.token


def test_after_the_quarantine_whoever_proves_it_gets_it(world, cast, days):
    domain = world.connect(cast.acme)
    world.release(cast.acme, domain)
    days.pass_by(6.9)
    with pytest.raises(Invalid, match="a short time ago"):
        world.claim(cast.umbrella, domain.host)
    days.pass_by(0.2)
    theirs = world.claim(cast.umbrella, domain.host)
    world.enter(theirs)
    assert world.examine(cast.umbrella, theirs) is HostStatus.ACTIVE


def test_the_quarantine_binds_claims_that_were_there_before(world, cast, days):
    host = f"portal.{short_id()}.example.com"
    waiting = world.claim(cast.umbrella, host)
    world.release(cast.acme, world.connect(cast.acme, host))
    world.enter(waiting)
    assert world.examine(cast.umbrella, waiting) is HostStatus.PENDING
    days.pass_by(7.1)
    assert world.examine(cast.umbrella, waiting) is HostStatus.ACTIVE


def test_a_claim_that_was_never_verified_is_released_without_quarantine(world, cast):
    domain = world.claim(cast.acme)
    world.release(cast.acme, domain)
    assert world.claim(cast.umbrella, domain.host).host == domain.host
    assert told(cast.acme, domain) == ["domain.claimed", "domain.released"]


def test_a_name_that_looks_like_anothers_domain_is_refused(world, cast):
    mark = short_id(6)
    world.connect(cast.acme, f"paypal.{mark}.example.com")
    with pytest.raises(Invalid, match="looks like the domain of another organisation"):
        world.claim(cast.umbrella, f"раураӏ.{mark}.example.com")
    assert world.claim(cast.umbrella, f"payments.{mark}.example.com")
    assert world.claim(cast.acme, f"раураӏ.{mark}.example.com"), "one's own twin is one's own business"


@pytest.mark.parametrize(
    ("known", "twin", "other"),
    [
        ("paypal", "paypa1", "paypa2"),
        ("window", "w1ndow", "w2ndow"),
        ("google", "g00gle", "g88gle"),
    ],
)
def test_a_name_with_digits_for_letters_of_anothers_domain_is_refused(world, cast, known, twin, other):
    mark = short_id(6)
    world.connect(cast.acme, f"{known}.{mark}.example.com")
    with pytest.raises(Invalid, match="looks like the domain of another organisation"):
        world.claim(cast.umbrella, f"{twin}.{mark}.example.com")
    assert world.claim(cast.umbrella, f"{other}.{mark}.example.com")
    assert world.claim(cast.acme, f"{twin}.{mark}.example.com"), "one's own twin is one's own business"


def test_names_that_look_like_one_in_quarantine_are_refused_as_long(world, cast, days):
    mark = short_id(6)
    world.release(cast.acme, world.connect(cast.acme, f"paypal.{mark}.example.com"))
    with pytest.raises(Invalid, match="looks like the domain of another organisation"):
        world.claim(cast.umbrella, f"раураӏ.{mark}.example.com")
    days.pass_by(7.1)
    assert world.claim(cast.umbrella, f"раураӏ.{mark}.example.com")


def test_a_plain_name_is_refused_to_nobody_for_a_name_with_letters_that_looks_like_it(world, cast):
    mark = short_id(6)
    world.connect(cast.acme, f"shop.bücher-{mark}.example")
    assert world.connect(cast.umbrella, f"shop.bucher-{mark}.example")
    world.connect(cast.acme, f"shop.paypa1-{mark}.example")
    assert world.connect(cast.umbrella, f"shop.paypal-{mark}.example")
    with pytest.raises(Invalid, match="looks like the domain of another organisation"):
        world.claim(cast.umbrella, f"shop.bùcher-{mark}.example")


class At:
    """Does something in another transaction just before the statement of a number is sent; says whether it came to that."""

    def __init__(self, number: int, act: Callable[[], object]) -> None:
        self.left, self.act, self.done = number, act, False

    def __call__(self, *_statement: object) -> None:
        self.left -= 1
        if self.left == 0 and not self.done:
            self.done = True
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self.act).result()


def test_whenever_a_release_is_committed_no_other_organisation_gets_the_host(world, cast):
    """At each statement of the examination of a claim by somebody else, the holder gives the host up."""
    number, came = 0, True
    while came:
        number += 1
        host = f"portal.{short_id()}.example.com"
        waiting = world.claim(cast.umbrella, host)
        held = world.connect(cast.acme, host)
        world.enter(waiting)
        at = At(number, lambda held=held: world.release(cast.acme, held))
        event.listen(db.guarded, "before_cursor_execute", at)
        try:
            assert world.examine(cast.umbrella, waiting) is HostStatus.PENDING, f"at statement {number}"
        finally:
            event.remove(db.guarded, "before_cursor_execute", at)
        came = at.done
        world.release(cast.umbrella, waiting)
        if came:
            with platform_scope() as session:
                assert session.get_one(ReleasedDomain, host).tenant_id == cast.acme.id
    assert number > 5


def test_who_gets_a_host_after_its_quarantine_leaves_the_note_of_the_former_holder_alone(world, cast, days):
    domain = world.connect(cast.acme)
    world.release(cast.acme, domain)
    days.pass_by(7.1)
    world.connect(cast.umbrella, domain.host)
    with platform_scope() as session:
        assert session.get_one(ReleasedDomain, domain.host).tenant_id == cast.acme.id
    with platform_work():
        keep_hosts_back(cast.umbrella.id)
    with platform_scope() as session:
        kept = session.get_one(ReleasedDomain, domain.host)
        assert (kept.tenant_id, kept.token) == (cast.umbrella.id, "")


def test_quarantines_that_are_over_are_forgotten_at_night(world, acme, days):
    first, second = world.connect(acme), world.connect(acme)
    world.release(acme, first)
    days.pass_by(4)
    world.release(acme, second)
    days.pass_by(3.1)
    tidy_platform()
    with platform_scope() as session:
        kept = session.scalars(select(ReleasedDomain.host).where(ReleasedDomain.tenant_id == acme.id)).all()
    assert kept == [second.host]


def test_the_same_host_cannot_be_claimed_twice(world, acme):
    domain = world.claim(acme)
    with pytest.raises(Invalid, match="on your list already"):
        world.claim(acme, f"https://{domain.host.upper()}/")
    assert hosts_of(acme) == [domain.host]


def test_ten_domains_and_no_more(world, acme):
    claims = [world.claim(acme) for _ in range(10)]
    with pytest.raises(Invalid, match="10 domains at most"):
        world.claim(acme)
    world.release(acme, claims[0])
    assert world.claim(acme)


def test_whoever_lacks_the_permission_or_the_plan_is_refused(world, acme):
    with tenant_work(acme):
        with pytest.raises(NotAllowed):
            operations.claim_domain("portal.example.com", actor=Actor("member", "Bob"))
        with sold("auterity"), pytest.raises(FeatureLocked):
            operations.claim_domain("portal.example.com", actor=SYSTEM)
    assert hosts_of(acme) == []
    assert world.claim(acme)


def test_what_was_typed_wrongly_releases_nothing(world, acme):
    domain = world.connect(acme)
    with tenant_work(acme), pytest.raises(Invalid, match="to show that you mean it"):
        operations.release_domain(get_domain(domain.id), typed="other.example.com", actor=SYSTEM)
    assert hosts_of(acme) == [domain.host]
    world.release(acme, domain)
    assert hosts_of(acme) == []


class TestOthers:
    def test_see_nothing_and_change_nothing(self, world, cast):
        domain = world.connect(cast.acme)
        with tenant_work(cast.umbrella) as session:
            assert session.scalars(select(Domain)).all() == []
            assert session.execute(text("DELETE FROM platform.domains")).rowcount == 0
            assert session.execute(text("UPDATE platform.domains SET share_hash = 'x'")).rowcount == 0
            with pytest.raises(NotFound):
                get_domain(domain.id)
        assert hosts_of(cast.acme) == [domain.host]

    def test_do_not_learn_what_was_released(self, world, cast):
        world.release(cast.acme, world.connect(cast.acme))
        with tenant_scope(cast.umbrella) as session, pytest.raises(DBAPIError, match="permission denied"):
            session.scalars(select(ReleasedDomain)).all()

    @pytest.mark.parametrize("change", ["verified_at = now()", "host = 'x.example.com'", "token = 'x'"])
    def test_an_organisation_cannot_say_itself_what_is_proven(self, world, acme, change):
        world.claim(acme)
        with tenant_scope(acme), pytest.raises(DBAPIError, match="permission denied"):
            db.session.execute(text(f"UPDATE platform.domains SET {change}"))
        with tenant_scope(acme):
            assert db.session.execute(text("UPDATE platform.domains SET report = '{}'")).rowcount == 1
