"""Journeys over several hosts."""

from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import text

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.removal import mark_expired, purge_tenant
from saas.tenancy.scope import platform_scope, platform_work
from tests.support import Browser, path_of


def arrive(app, response) -> Browser:
    """A browser that follows a redirect to another host."""
    address = response.headers["Location"]
    browser = Browser(app, urlsplit(address).hostname)
    answer = browser.get(path_of(address))
    while answer.status_code in (302, 303):
        answer = browser.follow(answer)
    assert answer.status_code == 200
    return browser


def test_from_signing_up_to_work(app, apex, wanted, mailbox):
    founder = arrive(app, apex.post("/sign-up", wanted))

    home = founder.get("/")
    assert home.status_code == 200
    assert "Welcome, Ines" in home.text
    assert "Getting started" in home.text
    assert "will be removed on" in home.text

    verification = path_of(mailbox.link(wanted["email"]))
    founder.get(verification)
    assert founder.post(verification).status_code == 303
    assert "will be removed on" not in founder.get("/").text

    details = {
        "name": "Initech Ltd",
        "time_zone": "Europe/Berlin",
        "language": "de",
        "support_address": "it@example.com",
    }
    assert founder.post("/settings", details).status_code == 303
    assert "Initech Ltd" in founder.get("/").text


def test_a_way_in_works_once(app, apex, wanted):
    response = apex.post("/sign-up", wanted)
    arrive(app, response)
    address = response.headers["Location"]
    late = Browser(app, urlsplit(address).hostname)
    late.get(path_of(address))

    assert late.get("/").status_code == 302


def test_an_organisation_moves_and_its_owner_stays_signed_in(app, acme, browse):
    owner = browse(acme, "Alice")
    moved = f"{acme.slug}-new"
    response = owner.post("/settings/address", {"slug": moved})
    assert response.status_code == 303
    assert urlsplit(response.headers["Location"]).hostname == f"{moved}.example.test"

    at_new_home = Browser(app, f"{moved}.example.test")
    arrived = at_new_home.follow(at_new_home.get(path_of(response.headers["Location"])))
    assert f"The address is http://{moved}.example.test now." in arrived.text
    assert at_new_home.get("/settings").status_code == 200
    former = owner.get("/settings?a=b")
    assert former.status_code == 302
    assert former.headers["Location"] == f"http://{moved}.example.test/settings?a=b"


def test_an_organisation_that_never_verified_an_address_is_purged_after_its_days(app, apex, wanted, acme, settings):
    founder = arrive(app, apex.post("/sign-up", wanted))

    def age(days: float) -> list:
        with platform_work() as session:
            tenant = session.query(Tenant).filter_by(slug=wanted["slug"]).one()
            tenant.created_at = now() - timedelta(days=days)
            theirs = tenant.id
        with platform_work():
            return [marked for marked in mark_expired() if marked == theirs]

    assert age(settings.unverified_days - 0.1) == []
    (due,) = age(settings.unverified_days + 0.1)
    assert founder.get("/").status_code == 410
    with owner_connection() as connection:
        schema = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%'").fetchone()[0]
        purge_tenant(connection, due, actor=SYSTEM)
        assert (
            connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%'").fetchone()[0]
            == schema - 1
        )
    with platform_scope():
        assert db.session.get(Tenant, due) is None
        assert db.session.get(Tenant, acme.id) is not None
        assert (
            db.session.scalar(text("SELECT count(*) FROM platform.account_index WHERE tenant_id = :id"), {"id": due})
            == 0
        )
    assert founder.get("/").status_code == 404
    assert apex.post("/sign-up", wanted).status_code == 303
