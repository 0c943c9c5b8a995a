"""Workflows for programs, with a bearer token."""

from typing import Any

import pytest
from flask import Flask

from saas.core.settings import Settings
from saas.core.tokens import sign_token
from tests.cast import Organisation


@pytest.fixture
def call(app: Flask, settings: Settings):
    """Call the API as a person: ``call(acme, "Bob", "GET", "/api/workflows")``."""

    def send(where: Organisation, person: str, method: str, path: str, **options: Any):
        subject, secret = str(where.people[person].id), settings.jwt_secret.get_secret_value()
        token = sign_token(secret, subject=subject, tenant_id=str(where.id))
        headers = {"Host": where.host, "Authorization": f"Bearer {token}"}
        return app.test_client().open(path, method=method, headers=headers, **options)

    return send


def test_the_list_has_pages_search_and_the_steps(acme, call, make):
    for number in range(26):
        make(acme, f"Flow {number:02}")
    first = call(acme, "Vera", "GET", "/api/workflows?sort=name").json
    assert (first["page"], first["pages"], first["total"]) == (1, 2, 26)
    assert first["items"][0]["name"] == "Flow 00"
    assert first["items"][0]["steps"][0]["kind"] == "transform"
    assert [item["name"] for item in call(acme, "Vera", "GET", "/api/workflows?q=25").json["items"]] == ["Flow 25"]
    assert call(acme, "Vera", "GET", "/api/workflows?status=draft").json["items"] == []


def test_a_run_is_accepted_and_can_be_watched(acme, call, make, run_jobs):
    workflow_id = make(acme, "Orders")
    accepted = call(acme, "Bob", "POST", f"/api/workflows/{workflow_id}/runs")
    assert accepted.status_code == 202
    assert accepted.json["status"] == "queued"
    run_jobs()
    run = call(acme, "Bob", "GET", accepted.headers["Location"]).json
    assert (run["id"], run["status"]) == (accepted.json["id"], "succeeded")
    assert run["finished_at"]
    assert run["complexity"] == "simple"


def test_refusals_are_problem_details(acme, umbrella, call, make):
    workflow_id, paused = make(acme, "Orders"), make(acme, "Rest", status="paused")
    theirs = make(umbrella, "Secret")
    refusals = {
        403: call(acme, "Vera", "POST", f"/api/workflows/{workflow_id}/runs"),
        404: call(acme, "Bob", "POST", f"/api/workflows/{theirs}/runs"),
        409: call(acme, "Bob", "POST", f"/api/workflows/{paused}/runs"),
    }
    for status, answer in refusals.items():
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == status
    assert "paused" in refusals[409].json["detail"]


def test_a_stranger_gets_nothing(acme, browse):
    assert browse(acme).get("/api/workflows").status_code == 401
