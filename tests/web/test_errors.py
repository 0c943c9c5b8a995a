"""What people and programs are told when something is refused."""

import pytest
from flask import request
from sqlalchemy import delete, text
from structlog.testing import capture_logs

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.tenancy.directory import directory
from saas.tenancy.history import tenant_history
from saas.tenancy.models import Status
from saas.tenancy.operations import change_status
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work
from saas.web.access import signed_in


def become(organisation, status: Status) -> None:
    with platform_work():
        tenant = get_tenant(str(organisation.id))
        for step in [Status.CANCELLED, Status.DELETING] if status is Status.DELETING else [status]:
            change_status(tenant, step, reason="the invoice of May is open", actor=SYSTEM)


def test_an_unknown_host_is_told_so(apex):
    response = apex.get("/", headers={"Host": "nobody.example.test"})
    assert response.status_code == 404
    assert "nobody.example.test" in response.text or "organisation" in response.text


@pytest.mark.parametrize(("host", "named"), [("nobody.example.test", True), ("portal.elsewhere.example", False)])
def test_only_an_unknown_host_of_ours_says_whose_platform_this_is(apex, settings, host, named):
    response = apex.get("/", headers={"Host": host})
    assert (response.status_code, "There is no organisation at this address" in response.text) == (404, True)
    for ours in (settings.product_name, settings.base_domain, settings.support_address, "favicon.svg", 'class="mark'):
        assert (ours in response.text) is named


def test_an_unknown_page_of_an_organisation_is_a_plain_404(acme, browse):
    assert browse(acme).get("/nothing-here").status_code == 404


def test_a_wrong_method_is_told_so(acme, browse):
    response = browse(acme, "Alice").client.open("/", method="DELETE", headers={"Host": acme.host})
    assert response.status_code == 405


def test_a_program_gets_problem_details(acme, browse):
    response = browse(acme).get("/api/nothing")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert {"type", "title", "status", "code", "request_id"} <= set(response.json)


@pytest.mark.parametrize(
    ("status", "page", "api"), [(Status.SUSPENDED, 403, 402), (Status.CANCELLED, 410, 410), (Status.DELETING, 410, 410)]
)
def test_a_closed_organisation_says_why_at_the_next_request(acme, browse, status, page, api):
    member = browse(acme, "Alice")
    assert member.get("/").status_code == 200
    become(acme, status)
    assert member.get("/").status_code == page
    assert member.get("/api/tenant/info").status_code == api


def test_a_suspended_organisation_still_lets_people_sign_in(acme, browse):
    become(acme, Status.SUSPENDED)
    assert browse(acme).get("/sign-in").status_code == 200
    response = browse(acme, "Alice").get("/")
    assert "the invoice of May is open" in response.text


def test_an_organisation_behind_its_migrations_is_asked_to_wait(acme, browse):
    alice, head = browse(acme, "Alice"), tenant_history().head
    set_back(acme, "t0001")
    behind = alice.get("/")
    set_back(acme, head)
    assert behind.status_code == 503
    assert behind.headers["Retry-After"]
    assert alice.get("/").status_code == 200


def set_back(organisation, revision: str) -> None:
    with platform_work():
        get_tenant(str(organisation.id)).revision = revision
    directory.forget()


def test_an_oversized_body_is_refused(acme, browse):
    browser = browse(acme)
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"email": "x" * 1_200_000}).status_code == 413


def test_text_that_no_column_takes_is_not_an_error_of_ours(acme, browse):
    browser = browse(acme)
    response = browser.post("/sign-in", {"email": "a\x00b@example.com", "password": "\x00"})
    assert response.status_code == 422


ODD_HOSTS = [
    "",
    "a b",
    "a,b",
    "-x.example.test",
    "x" * 64 + ".example.test",
    "[::1]",
    "acme..example.test",
    "ä.example.test",
]


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_a_malformed_host_is_a_bad_request(apex, host):
    assert apex.get("/", headers={"Host": host}).status_code in (400, 404)


def test_every_page_carries_a_request_id_that_the_error_page_shows(acme, browse):
    response = browse(acme).get("/nothing-here")
    assert response.headers["X-Request-ID"] in response.text


def test_only_its_people_learn_why_an_organisation_is_suspended(acme, browse):
    become(acme, Status.SUSPENDED)
    for path in ("/", "/api/tenant/info"):
        assert "the invoice of May is open" in browse(acme, "Bob").get(path).text
        response = browse(acme).get(path)
        assert response.status_code in (402, 403)
        assert "invoice" not in response.text


def test_a_row_that_is_gone_by_the_time_it_is_written_was_changed_meanwhile(app, acme, browse, monkeypatch):
    def view() -> str:
        user = db.session.get_one(User, acme.people["Bob"].id)
        if request.args:
            db.session.execute(delete(User).where(User.id == user.id).execution_options(synchronize_session=False))
        user.name = "Robert"
        db.session.flush()
        return "written"

    monkeypatch.setitem(app.view_functions, "accounts.sessions", signed_in(view))
    alice = browse(acme, "Alice")
    refused = alice.get("/account/sessions?gone=1")
    assert (refused.status_code, "changed meanwhile" in refused.text) == (409, True)
    assert alice.get("/account/sessions").text == "written"


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("INSERT INTO users SELECT * FROM users WHERE name = :secret", 409),
        ("INSERT INTO known_devices VALUES (gen_random_uuid(), :secret, now(), now())", 409),
        ("INSERT INTO users (id, name) VALUES (gen_random_uuid(), :secret)", 500),
        ("SELECT CAST(:secret AS uuid)", 400),
        ("SELECT CAST(:secret AS text) WHERE 1 / 0 = 1", 500),
    ],
)
def test_a_broken_statement_is_told_by_its_kind_and_its_values_stay_out_of_the_log(
    app, acme, browse, monkeypatch, statement, status
):
    secret: object = b"Alice" if "devices" in statement else "Alice"

    def view() -> str:
        db.session.execute(text(statement), {"secret": secret})
        return "no error"

    monkeypatch.setitem(app.view_functions, "accounts.sessions", signed_in(view))
    with capture_logs() as logged:
        response = browse(acme, "Alice").get("/account/sessions")
    assert response.status_code == status
    assert "Alice" not in repr(logged)
    assert [line["event"] for line in logged] == {409: ["changed_meanwhile"], 500: ["unhandled"]}.get(status, [])
