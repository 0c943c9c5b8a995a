"""Names that look like another's domain: who is refused one, and who has it all the same."""

import pytest
from sqlalchemy import event, text

from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.ids import short_id
from saas.core.runtime import settings
from saas.domains.queries import report_of
from saas.domains.statuses import HostStatus
from saas.domains.twins import passes_for_anothers
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_scope, platform_work
from tests.domains.wizard.conftest import Days, World
from tests.domains.wizard.test_operating import told_operators

REFUSED = "looks like the domain of another organisation"
CROWD = """
WITH crowd AS (
    INSERT INTO platform.domains
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'host', n, 'skeleton', n))).*
    FROM platform.domains one, generate_series(1, 2000) n WHERE one.host = :host
    RETURNING host, skeleton, tenant_id
)
INSERT INTO platform.released_domains (host, skeleton, tenant_id, at) SELECT host, skeleton, tenant_id, now() FROM crowd
"""
"""As many other domains and released ones as make an index worth its while."""


@pytest.fixture
def plain() -> str:
    """A host; each time below another registered name."""
    return f"login.pay{short_id(6)}pal.example"


@pytest.fixture
def twin(plain: str) -> str:
    """One that looks like it, below another registered name."""
    return plain.replace("pal.", "pa1.")


@pytest.mark.parametrize(
    ("known", "word"), [("modem", "modern"), ("modern", "modem"), ("sawy", "savvy"), ("mail", "mall")]
)
def test_words_are_refused_to_nobody_whatever_they_look_like(world, cast, known, word):
    mark = short_id(6)
    world.connect(cast.acme, f"{known}.{mark}.example.com")
    assert world.connect(cast.umbrella, f"{word}.{mark}.example.com")


def test_the_refusal_says_where_to_turn(world, cast, plain, twin):
    world.connect(cast.acme, plain)
    with pytest.raises(Invalid, match=f"{REFUSED}.*write to {settings().support_address} if it is yours"):
        world.claim(cast.umbrella, twin)
    with pytest.raises(Invalid, match=f"in use by another organisation.*write to {settings().support_address}"):
        world.claim(cast.umbrella, plain)
    assert world.claim(cast.umbrella, plain.replace("login", "shop"))


def test_what_was_claimed_before_the_other_was_verified_is_refused_then(world, cast, plain, twin):
    early = world.claim(cast.umbrella, twin)
    world.connect(cast.acme, plain)
    world.enter(early)
    assert world.examine(cast.umbrella, early) is HostStatus.PENDING
    assert REFUSED in report_of(world.read(cast.umbrella, early.id)).sentence


class TestWhoHadTheNameFirst:
    """A twin is connected by somebody else after one's own domain was."""

    @pytest.fixture
    def domain(self, world: World, cast, plain: str, twin: str) -> Domain:
        domain = world.connect(cast.umbrella, twin)
        world.connect(cast.acme, plain)
        return domain

    def switch_off(self, world: World, cast, domain: Domain, days: Days) -> None:
        world.remove(domain)
        world.examine(cast.umbrella, domain)
        days.pass_by(3.1)
        assert world.examine(cast.umbrella, domain) is HostStatus.DISABLED

    def test_proves_it_again_after_it_was_switched_off(self, world, cast, domain, days):
        self.switch_off(world, cast, domain, days)
        days.pass_by(20)
        world.enter(domain)
        assert world.examine(cast.umbrella, domain) is HostStatus.ACTIVE

    def test_goes_on_after_its_records_failed(self, world, cast, domain):
        world.remove(domain)
        assert world.examine(cast.umbrella, domain) is HostStatus.FAILING
        world.enter(domain)
        assert world.examine(cast.umbrella, domain) is HostStatus.ACTIVE

    def test_claims_it_again_within_its_quarantine_and_no_later(self, world, cast, domain, days):
        world.release(cast.umbrella, domain)
        again = world.claim(cast.umbrella, domain.host)
        world.enter(again)
        assert world.examine(cast.umbrella, again) is HostStatus.ACTIVE
        world.release(cast.umbrella, again)
        days.pass_by(7.1)
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, domain.host)


class TestNeighbours:
    """Two organisations at one registered name."""

    @pytest.fixture
    def zone(self, world: World, cast) -> str:
        zone = f"{short_id(6)}.example"
        world.connect(cast.acme, f"hello.{zone}")
        return zone

    def test_deceive_nobody_once_both_have_proven_a_name_there(self, world, cast, zone):
        world.connect(cast.umbrella, f"shop.{zone}")
        assert world.connect(cast.umbrella, f"he11o.{zone}")

    def test_are_strangers_before(self, world, cast, zone):
        world.connect(cast.umbrella, "shop.another-name.example")
        waiting = world.claim(cast.umbrella, f"shop.{zone}")
        assert world.status(cast.umbrella, waiting) is HostStatus.PENDING
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, f"he11o.{zone}")

    def test_are_strangers_where_a_provider_shares_names_out(self, world, cast):
        name = short_id(6)
        world.connect(cast.acme, f"hello{name}.github.io")
        world.connect(cast.umbrella, f"shop{name}.github.io")
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, f"he11o{name}.github.io")

    def test_are_strangers_of_the_names_of_others(self, world, cast, plain, twin):
        world.connect(cast.acme, plain)
        world.connect(cast.umbrella, twin.replace("login", "shop"))
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, twin)

    def test_need_more_than_the_claim_that_is_being_proven(self, world, cast, zone):
        early = world.claim(cast.umbrella, f"w1de.{zone}")
        world.connect(cast.acme, f"wide.{zone}")
        world.enter(early)
        assert world.examine(cast.umbrella, early) is HostStatus.PENDING


class TestAnOperator:
    def test_allows_one_organisation_one_name(self, world, cast, saas, plain, twin):
        world.connect(cast.acme, plain)
        done = saas("domains", "allow", f"https://{twin}/", "--for", cast.umbrella.slug)
        assert (done.exit_code, "may connect" in done.output) == (0, True)
        assert world.connect(cast.umbrella, twin)
        assert told_operators(twin) == ["domains.domain.allowed"]
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, twin.replace("login", "1ogin"))

    def test_does_not_allow_it_others(self, world, cast, saas, plain, twin):
        world.connect(cast.umbrella, plain)
        assert saas("domains", "allow", twin, "--for", cast.umbrella.slug).exit_code == 0
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.acme, twin)

    def test_allows_what_was_claimed_before(self, world, cast, saas, plain, twin):
        early = world.claim(cast.umbrella, twin)
        world.connect(cast.acme, plain)
        world.enter(early)
        assert world.examine(cast.umbrella, early) is HostStatus.PENDING
        saas("domains", "allow", twin, "--for", cast.umbrella.slug)
        assert world.examine(cast.umbrella, early) is HostStatus.ACTIVE

    def test_allows_neither_what_another_has_nor_what_is_kept_for_one(self, world, cast, saas, plain):
        held = world.connect(cast.acme, plain)
        saas("domains", "allow", plain, "--for", cast.umbrella.slug)
        with pytest.raises(Invalid, match="in use by another organisation"):
            world.claim(cast.umbrella, plain)
        world.release(cast.acme, held)
        with pytest.raises(Invalid, match="gave this domain up"):
            world.claim(cast.umbrella, plain)

    def test_sees_what_is_allowed_and_that_it_is_already(self, cast, saas, twin):
        for already in (False, True):
            done = saas("domains", "allow", twin, "--for", cast.umbrella.slug)
            assert ("already" in done.output) is already
        assert told_operators(twin) == ["domains.domain.allowed"]
        lines = [line.split() for line in saas("domains", "list").output.splitlines()]
        assert [twin, cast.umbrella.slug, "allowed"] in lines
        assert twin not in saas("domains", "list", cast.acme.slug).output

    def test_takes_back_what_is_allowed(self, world, cast, saas, plain, twin):
        world.connect(cast.acme, plain)
        saas("domains", "allow", twin, "--for", cast.umbrella.slug)
        done = saas("domains", "disallow", twin, "--for", cast.umbrella.slug)
        assert (done.exit_code, "may no longer connect" in done.output, "keeps it" in done.output) == (0, True, False)
        with pytest.raises(Invalid, match=REFUSED):
            world.claim(cast.umbrella, twin)
        again = saas("domains", "disallow", twin, "--for", cast.umbrella.slug)
        assert (again.exit_code, "is not allowed to" in again.output) == (1, True)
        assert told_operators(twin) == ["domains.domain.allowed", "domains.domain.disallowed"]

    def test_takes_nothing_away_that_is_connected(self, world, cast, saas, plain, twin):
        world.connect(cast.acme, plain)
        saas("domains", "allow", twin, "--for", cast.umbrella.slug)
        domain = world.connect(cast.umbrella, twin)
        assert "saas domains release" in saas("domains", "disallow", twin, "--for", cast.umbrella.slug).output
        assert world.examine(cast.umbrella, domain) is HostStatus.ACTIVE

    def test_is_told_of_an_organisation_that_is_not_there(self, saas, twin):
        assert "No organisation is called" in saas("domains", "allow", twin, "--for", "nobody-has-this").output
        assert told_operators(twin) == []


def test_a_row_of_the_former_release_is_found_after_its_next_examination(world, cast, plain, twin):
    domain = world.connect(cast.acme, plain)
    with platform_work() as session:
        session.execute(text("UPDATE platform.domains SET skeleton = '' WHERE host = :host"), {"host": plain})
    assert world.claim(cast.umbrella, twin)
    world.examine(cast.acme, domain)
    with pytest.raises(Invalid, match=REFUSED):
        world.claim(cast.umbrella, twin.replace("login", "1ogin"))


def test_an_index_serves_the_search(world, cast, plain, twin):
    world.connect(cast.acme, plain)
    sent = list[tuple[str, object]]()

    def keep(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        sent.append((statement, parameters))

    with platform_scope() as session:
        event.listen(db.guarded, "before_cursor_execute", keep)
        try:
            assert passes_for_anothers(twin, own=cast.umbrella.id)
        finally:
            event.remove(db.guarded, "before_cursor_execute", keep)
        searches = [(statement, values) for statement, values in sent if "skeleton" in statement]
        session.execute(text(CROWD), {"host": plain})
        plans = [session.connection().exec_driver_sql(f"EXPLAIN {statement}", values) for statement, values in searches]
        told = "\n".join(line for plan in plans for line in plan.scalars())
    assert "ix_domains_skeleton" in told
    assert "ix_released_domains_skeleton" in told
