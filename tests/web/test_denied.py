"""Refusals that the logs tell of."""

from collections.abc import Iterator

import pytest
from flask import Flask

from saas.core.extensions import limiter
from saas.core.runtime import settings
from saas.core.tokens import sign_token
from saas.web import denied
from tests.log import log_of, news, operators_log

DENIED, DISAGREED = "tenancy.access.denied", "tenancy.request.disagreed"


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


def test_who_lacks_a_permission_is_refused_and_the_log_tells_what_they_wanted(acme, browse):
    bob = browse(acme, "Bob")
    with news(acme) as told:
        assert bob.get("/settings?secret=1").status_code == 403
    entry = told.only
    assert (entry.event, entry.actor_id, entry.target_kind) == (DENIED, acme.people["Bob"].id, "page")
    assert (entry.target_id, entry.target_label) == ("organisations.settings", "GET /settings")
    assert "Change the organisation's settings" in entry.facts["refusal"]


def test_who_holds_it_leaves_no_refusal(acme, browse):
    adam = browse(acme, "Adam")
    with news(acme) as told:
        assert adam.get("/settings").status_code == 200
    assert told.entries == []


def test_what_the_refused_request_did_is_not_kept_but_its_refusal_is(acme, browse):
    vera = browse(acme, "Vera")
    vera.get("/")
    with news(acme) as told:
        assert vera.post("/workflows/new", {"name": "Hers", "description": "", "status": "draft"}).status_code == 403
    assert told.events == [DENIED]


def test_programs_are_told_of_too(acme, browse):
    vera, path = browse(acme, "Vera"), "/api/workflows/0193a5f0-0000-7000-8000-000000000000/runs"
    with news(acme) as told:
        assert vera.post(path, page="/").status_code == 403
    assert told.only.target_label == f"POST {path}"


def test_trying_again_and_again_does_not_fill_the_log(acme, browse):
    bob = browse(acme, "Bob")
    with news(acme) as told:
        for _ in range(5):
            assert bob.get("/settings").status_code == 403
    assert told.events == [DENIED]


def test_trying_many_doors_does_not_fill_it_either_and_others_are_still_told_of(acme, browse, monkeypatch):
    monkeypatch.setattr(denied, "OF_ONE", denied.parse("2 per hour"))
    bob, vera = browse(acme, "Bob"), browse(acme, "Vera")
    with news(acme) as told:
        for path in ("/settings", "/settings/address", "/settings/delete", "/settings/security"):
            assert bob.get(path).status_code == 403
        assert vera.get("/settings").status_code == 403
    assert [entry.actor_name for entry in told.entries] == ["Bob", "Bob", "Vera"]


def test_a_page_from_another_session_is_no_matter_of_permissions(acme, browse):
    bob = browse(acme, "Bob")
    with news(acme) as told:
        assert bob.client.post("/sign-out", headers={"Host": bob.host}).status_code == 403
    assert told.entries == []


def test_a_request_that_names_two_organisations_is_told_to_the_operators(cast, browse):
    token = sign_token(settings().jwt_secret.get_secret_value(), subject="x", tenant_id=str(cast.umbrella.id))
    browser = browse(cast.acme)
    for _ in range(3):
        answer = browser.get("/api/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404
    (entry,) = operators_log(cast.acme.id, DISAGREED)
    assert entry.facts["named"] == [cast.acme.slug, cast.umbrella.slug]
    assert entry.facts["asked"] == {"host": cast.acme.host, "path": "/api/me"}
    assert (entry.actor_kind, entry.address) == ("visitor", "127.0.0.1")
    assert token not in str(entry.facts)
    assert log_of(cast.acme, DISAGREED) == log_of(cast.umbrella, DISAGREED) == []


def test_names_that_agree_are_not_told(acme, browse):
    assert browse(acme).get("/api/me", headers={"X-Tenant-ID": acme.slug}).status_code == 401
    assert operators_log(acme.id, DISAGREED) == []
