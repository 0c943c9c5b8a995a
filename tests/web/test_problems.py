"""What programs are told when something is refused, and what they can do about it."""

import pytest
from flask import request
from werkzeug.exceptions import default_exceptions

from saas.core.actor import SYSTEM
from saas.core.settings import Settings
from saas.core.tokens import sign_token
from saas.tenancy.models import Status
from saas.tenancy.operations import change_status
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work
from saas.web.access import signed_in

NOTHING = "0193a5f0-0000-7000-8000-000000000000"
RUNS = f"/api/workflows/{NOTHING}/runs"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def call(app, acme, settings: Settings):
    """Send a request to Acme's API as Bob: ``call("GET", "/api/me")``; with ``token=None`` as nobody."""
    own = sign_token(settings.jwt_secret.get_secret_value(), subject=str(acme.people["Bob"].id), tenant_id=str(acme.id))

    def send(method: str, path: str, *, token: str | None = own, headers=(), **options):
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return app.test_client().open(
            path, method=method, headers={"Host": acme.host, **given, **dict(headers)}, **options
        )

    return send


@pytest.fixture
def reads_json(app, monkeypatch):
    """Makes an address of the API read a body."""

    def view():
        return {"read": request.get_json()}

    monkeypatch.setitem(app.view_functions, "workflows_api.start_run", signed_in(lambda workflow_id: view()))


def told(answer) -> tuple[int, str, str, str]:
    """The parts of a problem; what libraries would have said is in none of them."""
    assert answer.mimetype == "application/problem+json"
    body = answer.json
    assert body["status"] == answer.status_code
    assert body["detail"] not in {error.description for error in default_exceptions.values()}
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body["status"], body["code"], body["title"], body["detail"]


def test_without_a_token_one_is_asked_for(call, acme):
    refused = call("GET", "/api/me", token=None)
    assert told(refused)[:3] == (401, "unauthorized", "Sign-in needed")
    assert "Authorization: Bearer" in refused.json["detail"]
    assert refused.headers["WWW-Authenticate"] == f'Bearer realm="{acme.host}"'


@pytest.mark.parametrize("token", ["nothing", "a.b.c", "aGVsbG8.aGVsbG8.aGVsbG8"])
def test_a_token_that_opens_nothing_is_called_that(call, acme, token):
    refused = call("GET", "/api/me", token=token)
    assert refused.status_code == 401
    assert told(refused)[0] == 401
    assert refused.headers["WWW-Authenticate"] == f'Bearer realm="{acme.host}", error="invalid_token"'
    assert call("GET", "/api/me").status_code == 200


def test_an_unknown_address_and_an_unknown_object_are_alike(call):
    assert told(call("GET", "/api/nothing"))[:3] == (404, "not_found", "Not found")
    assert told(call("POST", RUNS))[:3] == (404, "not_found", "Not found")


def test_another_method_is_told_with_those_that_are_taken(call):
    refused = call("DELETE", "/api/me")
    assert told(refused)[:3] == (405, "method_not_allowed", "Method not allowed")
    assert "GET" in refused.headers["Allow"]


def test_a_body_that_is_not_what_it_says_is_a_problem_of_the_request(call, reads_json):
    assert told(call("POST", RUNS, data="{", headers=JSON))[:3] == (400, "bad_request", "Request not understood")
    assert call("POST", RUNS, data="{}", headers=JSON).status_code == 200


def test_a_body_in_another_format_is_told(call, reads_json):
    refused = call("POST", RUNS, data="a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert told(refused)[:3] == (415, "unsupported_media_type", "Format not taken")


def test_a_body_that_is_too_large_is_told(call, reads_json):
    refused = call("POST", RUNS, data="1" * 1_100_000, headers=JSON)
    assert told(refused)[:3] == (413, "request_entity_too_large", "Request too large")


def test_a_suspended_organisation_is_named_as_such_and_its_people_learn_why(call, acme, browse):
    with platform_work():
        change_status(get_tenant(acme.slug), Status.SUSPENDED, reason="The invoice of May is open.", actor=SYSTEM)
    person, stranger = browse(acme, "Bob").get("/api/me"), browse(acme).get("/api/me")
    assert told(person) == (402, "tenant_suspended", "Organisation suspended", "The invoice of May is open.")
    assert told(stranger) == (
        402,
        "tenant_suspended",
        "Organisation suspended",
        "Access is paused, and nothing was deleted.",
    )


@pytest.mark.parametrize(
    ("headers", "code", "title"),
    [
        ({"X-Tenant-ID": "nobody"}, "unknown_tenant", "No such organisation"),
        ({"Host": "nobody.example.test"}, "unknown_host", "No such organisation"),
        ({"Host": "www2.example.test"}, "reserved_host", "No such organisation"),
        ({"X-Tenant-ID": "{umbrella}"}, "disagreement", "Names that disagree"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_by_its_kind(call, umbrella, headers, code, title):
    named = {name: value.format(umbrella=umbrella.slug) for name, value in headers.items()}
    assert told(call("GET", "/api/me", headers=named))[:3] == (404, code, title)


def test_a_request_from_another_site_is_told_as_such(browse, acme):
    refused = browse(acme, "Bob").client.post(
        RUNS, headers={"Host": acme.host, "Origin": "http://elsewhere.example.com"}
    )
    assert told(refused)[:3] == (400, "cross_site", "Sent from another site")


def test_a_rule_of_the_product_speaks_for_itself(browse, acme):
    vera = browse(acme, "Vera")
    vera.get("/account")
    forbidden = vera.client.post(RUNS, headers={"Host": acme.host, "X-CSRF-Token": vera.token})
    assert told(forbidden)[:3] == (403, "forbidden", "Not allowed")
    assert forbidden.json["detail"].startswith("You need the permission “")
