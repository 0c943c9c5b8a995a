"""The JSON API about the organisation and whoever asks."""

from typing import Any

import pytest

from saas.accounts.models import User
from saas.core.settings import Settings
from saas.core.tokens import sign_token
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work
from tests.accounts.conftest import Browse
from tests.cast import Organisation, tenant_scope
from tests.support import Browser


@pytest.fixture
def bearer(settings: Settings) -> Any:
    def header(organisation: Organisation, person: str, **changes: str) -> dict[str, str]:
        claims = {"subject": str(organisation.people[person].id), "tenant_id": str(organisation.id), **changes}
        return {"Authorization": f"Bearer {sign_token(settings.jwt_secret.get_secret_value(), **claims)}"}

    return header


def test_the_organisation_tells_what_it_is(acme: Organisation, browse: Browse) -> None:
    with platform_work():
        tenant = get_tenant(acme.slug)
        tenant.config = {"feature_flags": {"beta": True}, "resource_limits": {"max_users": 7}, "checklist_hidden": True}
    assert browse(acme, "Vera").get("/api/tenant/info").get_json() == {
        "tenant_id": acme.slug,
        "name": "Acme",
        "plan_type": "trial",
        "feature_flags": {"beta": True},
        "resource_limits": {"max_users": 7},
    }


def test_without_settings_of_its_own_the_maps_are_empty(acme: Organisation, browse: Browse) -> None:
    answer = browse(acme, "Vera").get("/api/tenant/info").get_json()
    assert (answer["feature_flags"], answer["resource_limits"]) == ({}, {})


def test_whoever_asks_learns_who_they_are(acme: Organisation, browse: Browse) -> None:
    answer = browse(acme, "Bob").get("/api/me").get_json()
    assert answer["email"] == acme.email("Bob")
    assert (answer["role"], answer["verified"], answer["tenant_id"]) == ("member", True, acme.slug)
    assert answer["id"] == str(acme.people["Bob"].id)


@pytest.mark.parametrize("path", ["/api/me", "/api/tenant/info"])
def test_strangers_get_problem_details(acme: Organisation, browse: Browse, path: str) -> None:
    refused = browse(acme).get(path)
    assert refused.status_code == 401
    assert refused.mimetype == "application/problem+json"
    assert refused.get_json()["status"] == 401
    assert browse(acme, "Bob").get(path).status_code == 200


def test_a_bearer_token_works_on_the_host_on_the_apex_by_path_and_with_the_header(
    acme: Organisation, browse: Browse, apex: Browser, bearer: Any
) -> None:
    headers = bearer(acme, "Bob")
    named = {**headers, "X-Tenant-ID": acme.slug}
    answers = [
        browse(acme).get("/api/me", headers=headers),
        browse(acme).get("/api/me", headers=named),
        apex.get("/api/me", headers=headers),
        apex.get("/api/me", headers=named),
        apex.get(f"/tenant/{acme.slug}/api/me", headers=headers),
        apex.get(f"/tenant/{acme.slug}/api/tenant/info", headers=named),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert {answer.get_json()["tenant_id"] for answer in answers} == {acme.slug}


def test_names_that_disagree_are_refused(
    acme: Organisation, umbrella: Organisation, browse: Browse, apex: Browser, bearer: Any
) -> None:
    headers = bearer(acme, "Bob")
    answers = [
        browse(umbrella).get("/api/me", headers=headers),
        browse(acme).get("/api/me", headers={**headers, "X-Tenant-ID": umbrella.slug}),
        apex.get(f"/tenant/{umbrella.slug}/api/me", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert {answer.mimetype for answer in answers} == {"application/problem+json"}


def test_a_token_of_an_unknown_altered_or_foreign_account_opens_nothing(
    acme: Organisation, umbrella: Organisation, browse: Browse, bearer: Any
) -> None:
    tokens = [
        bearer(acme, "Bob", subject="0193a5f0-0000-7000-8000-000000000000"),
        bearer(acme, "Bob", subject="nobody"),
        bearer(acme, "Bob", subject=str(umbrella.people["Charlie"].id)),
        {"Authorization": bearer(acme, "Bob")["Authorization"][:-2] + "xx"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer nothing"},
    ]
    assert [browse(acme).get("/api/me", headers=token).status_code for token in tokens] == [401] * 6
    assert browse(acme).get("/api/me", headers=bearer(acme, "Bob")).status_code == 200


def test_a_deactivated_account_is_out_of_the_api_too(acme: Organisation, browse: Browse, bearer: Any) -> None:
    headers = bearer(acme, "Vera")
    assert browse(acme).get("/api/me", headers=headers).status_code == 200
    with tenant_scope(acme) as session:
        session.get_one(User, acme.people["Vera"].id).is_active = False
        session.commit()
    assert browse(acme).get("/api/me", headers=headers).status_code == 401


def test_using_a_bearer_token_notes_no_session(acme: Organisation, browse: Browse, bearer: Any) -> None:
    assert browse(acme).get("/api/me", headers=bearer(acme, "Bob")).status_code == 200
    with tenant_scope(acme) as session:
        assert session.get_one(User, acme.people["Bob"].id).name == "Bob"


def test_a_suspended_organisation_answers_402(acme: Organisation, browse: Browse, bearer: Any, suspend: Any) -> None:
    suspend(acme)
    refused = browse(acme).get("/api/tenant/info", headers=bearer(acme, "Bob"))
    assert refused.status_code == 402
    assert refused.get_json()["code"] == "tenant_suspended"


def test_other_methods_are_refused_as_problem_details(acme: Organisation, browse: Browse, bearer: Any) -> None:
    headers = {**bearer(acme, "Bob"), "Host": acme.host}
    refused = browse(acme).client.delete("/api/me", headers=headers)
    assert refused.status_code == 405
    assert refused.mimetype == "application/problem+json"
