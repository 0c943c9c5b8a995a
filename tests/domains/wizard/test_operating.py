"""What operators do about domains: see whose they are, take one away."""

import pytest
from sqlalchemy import select

from saas.core.audit import OperatorEntry
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.ids import short_id
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_scope, platform_work
from tests.domains.wizard.conftest import told


def told_operators(target: str) -> list[str]:
    """The events of the operators' log about a domain."""
    about = select(OperatorEntry.event).where(OperatorEntry.target_id == target).order_by(OperatorEntry.id)
    with platform_scope() as session:
        return list(session.scalars(about))


def test_the_list_tells_whose_each_host_is_and_how_it_stands(world, cast, saas):
    kept, claim = world.connect(cast.acme), world.claim(cast.umbrella, f"bücher.{short_id(6)}.example.com")
    world.make_primary(cast.acme, kept)
    gone = world.connect(cast.umbrella)
    world.release(cast.umbrella, gone)
    lines = saas("domains", "list").output.splitlines()

    def line(host: str) -> str:
        return " ".join(next(line for line in lines if line.startswith(host)).split())

    assert line(kept.host).startswith(f"{kept.host} {cast.acme.slug} active, primary")
    assert line("bücher").split()[1:3] == [cast.umbrella.slug, "pending"]
    assert line(gone.host).startswith(f"{gone.host} {cast.umbrella.slug} kept until")
    own = saas("domains", "list", cast.umbrella.slug).output
    assert (kept.host in own, gone.host in own, claim.host in own or "bücher" in own) == (False, True, True)
    assert "No organisation is called" in saas("domains", "list", "nobody-has-this").output


def test_one_that_is_taken_away_is_kept_for_its_holder_who_can_prove_it_anew(world, cast, saas):
    domain = world.connect(cast.acme)
    world.make_primary(cast.acme, domain)
    assert saas("domains", "release", f"https://{domain.host}/").exit_code == 0
    assert directory.by_domain(domain.host) is None
    assert directory.by_name(cast.acme.slug).domain is None
    assert told(cast.acme, domain)[-1] == "domain.released"
    assert told_operators(str(domain.id)) == ["domains.domain.released"]
    with pytest.raises(Invalid, match="gave this domain up"):
        world.claim(cast.umbrella, domain.host)
    again = world.claim(cast.acme, domain.host)
    assert again.token != domain.token
    assert world.examine(cast.acme, again) is HostStatus.PENDING, "the records that stayed prove nothing"
    world.enter(again)
    assert world.examine(cast.acme, again) is HostStatus.ACTIVE


def test_one_that_its_holder_gives_up_is_had_again_without_proving_anew(world, acme):
    domain = world.connect(acme)
    world.release(acme, domain)
    again = world.claim(acme, domain.host)
    assert again.token == domain.token
    assert world.examine(acme, again) is HostStatus.ACTIVE


def test_one_that_is_taken_away_at_once_is_whoevers_proves_it(world, cast, saas):
    domain = world.connect(cast.acme)
    theirs_before = told_operators(domain.host)
    assert saas("domains", "release", domain.host, "--now").exit_code == 0
    assert (theirs_before, told_operators(domain.host)) == ([], ["domains.domain.freed"])
    assert world.connect(cast.umbrella, domain.host)


def test_one_that_is_called_a_registry_since_can_be_taken_away(acme, saas):
    with platform_work() as session:
        session.add(Domain(host="co.uk", tenant_id=acme.id, verified_at=now()))
    assert saas("domains", "release", "co.uk", "--now").exit_code == 0
    assert saas("domains", "allow", "co.uk", "--for", acme.slug).exit_code != 0


def test_a_quarantine_can_be_ended(world, cast, saas):
    domain = world.connect(cast.acme)
    world.release(cast.acme, domain)
    assert "No organisation has" in saas("domains", "release", domain.host).output
    with pytest.raises(Invalid):
        world.claim(cast.umbrella, domain.host)
    assert saas("domains", "release", domain.host, "--now").exit_code == 0
    assert world.connect(cast.umbrella, domain.host)


def test_a_claim_is_nothing_to_be_taken_away(world, acme, saas):
    domain = world.claim(acme)
    for more in ([], ["--now"]):
        assert "No organisation has" in saas("domains", "release", domain.host, *more).output
    assert world.status(acme, domain) is HostStatus.PENDING


def test_a_disabled_owner_connects_again_by_proving_anew(world, acme, days):
    domain = world.connect(acme)
    world.remove(domain)
    world.examine(acme, domain)
    days.pass_by(3.1)
    assert world.examine(acme, domain) is HostStatus.DISABLED
    days.pass_by(20)
    world.enter(domain)
    assert world.examine(acme, domain) is HostStatus.ACTIVE
