"""How values are written: words in English, order and signs as the organisation's language has them."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import g
from sqlalchemy import update

from saas.accounts.models import User, UserSession
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.directory import directory
from saas.tenancy.locales import LANGUAGES, day_in
from saas.tenancy.models import Tenant
from saas.tenancy.resolver import Arrival, Site
from saas.tenancy.scope import platform_work, tenant_work
from saas.web.edge import ARRIVAL
from saas.web.format import as_bytes, duration, number, percent
from saas.web.visit import Visit

MARCH = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("language", "long", "medium", "short"),
    [
        ("en", "4 March 2026", "4 Mar 2026", "4 Mar"),
        ("de", "4.3.2026", "4.3.2026", "4.3."),
        ("fr", "04/03/2026", "04/03/2026", "04/03"),
        ("nl", "4-3-2026", "4-3-2026", "4-3"),
    ],
)
def test_a_day_is_written_in_the_order_and_with_the_signs_of_the_language(language, long, medium, short):
    assert [day_in(language, MARCH, style) for style in ("long", "medium", "short")] == [long, medium, short]


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_no_month_of_any_other_language_is_named(language):
    written = [day_in(language, date(2026, month, 4), style) for month in range(1, 13) for style in ("long", "short")]
    assert [text for text in written if re.search(r"[^\W\d_]", text)] == []


@pytest.fixture
def german(acme):
    """Acme, which writes dates and numbers as in German."""
    with platform_work() as session:
        session.get(Tenant, acme.id).language = "de"
    directory.forget()
    return acme


def test_a_page_keeps_its_words_when_the_organisation_writes_otherwise(german, browse):
    began, used = now() - timedelta(hours=2), now() - timedelta(minutes=21)
    german.session_of("Bob")
    with tenant_work(german):
        db.session.execute(update(UserSession).values(created_at=began, last_seen_at=used))
        db.session.execute(update(User).values(created_at=datetime(2026, 2, 1, tzinfo=UTC)))
    bob = browse(german, "Bob")

    page = bob.get("/account/sessions").text
    assert "last seen 21 minutes ago" in page
    assert f"since {began.day}.{began.month}.{began.year}, {began:%H:%M}" in page
    assert "Member of Acme since 1.2.2026" in bob.get("/account").text


def test_numbers_follow_the_language_with_their_units_in_english(app, german):
    arrival = Arrival(Site.TENANT, german.host, directory.by_name(german.slug))
    with app.test_request_context("/", headers={"Host": german.host}, environ_overrides={ARRIVAL: arrival}):
        g.visit = Visit(arrival, "", SYSTEM)
        assert [number(1234567), duration(1500), as_bytes(1500)] == ["1.234.567", "1,5 s", "1,5 kB"]
        assert percent(0.9) == "90\xa0%"
    assert [number(1234567), percent(0.9)] == ["1,234,567", "90%"]


def test_durations_and_sizes_read_well():
    assert [duration(ms) for ms in (None, 12, 1500, 65_000, 3_720_000)] == [
        "—",
        "12 ms",
        "1.5 s",
        "1 min 5 s",
        "1 h 2 min",
    ]
    assert [as_bytes(size) for size in (0, 999, 1500, 2_000_000)] == ["0 B", "999 B", "1.5 kB", "2.0 MB"]
