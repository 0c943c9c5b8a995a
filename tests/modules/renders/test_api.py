"""Renders for programs, with a bearer token."""

import pytest

from tests.modules.renders.conftest import FILM, IMAGE, ORDERS
from tests.modules.selling import call, events


@pytest.mark.parametrize("kind", ORDERS)
def test_an_order_is_accepted_and_can_be_watched(app, acme, run_jobs, kind):
    accepted = call(app, acme, "Bob", "POST", "/api/renders", json={"kind": kind, "settings": ORDERS[kind]})
    assert (accepted.status_code, accepted.json["status"]) == (202, "queued")
    run_jobs()
    made = call(app, acme, "Bob", "GET", accepted.headers["Location"]).json
    assert (made["id"], made["status"]) == (accepted.json["id"], "ready")
    assert made["settings"] == ORDERS[kind]
    assert made["steps_done"] == made["steps"]


def test_the_list_has_pages_and_filters(app, acme, order):
    for number in range(26):
        order(acme, "film", title=f"Film {number:02}")
    order(acme, "speech")
    first = call(app, acme, "Vera", "GET", "/api/renders?sort=title&kind=film").json
    assert (first["page"], first["pages"], first["total"]) == (1, 2, 26)
    assert first["items"][0]["title"] == "Film 00"
    assert call(app, acme, "Vera", "GET", "/api/renders?q=25").json["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"kind": "image"},
        {"kind": "image", "settings": []},
        {"kind": 5, "settings": IMAGE},
        {"kind": "sculpture", "settings": IMAGE},
        {"kind": "image", "settings": IMAGE | {"number": "2"}},
        {"kind": "film", "settings": FILM | {"minutes": 10**9}},
        {"kind": "film", "settings": IMAGE},
        {"kind": "image", "settings": IMAGE | {"prompt": {"a": "harbour"}}},
    ],
)
def test_an_order_that_is_none_is_refused_and_not_counted(app, acme, body):
    answer = call(app, acme, "Bob", "POST", "/api/renders", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert events(acme, "images") == []


def test_other_refusals_are_problem_details_too(app, acme, umbrella, order):
    theirs = order(umbrella, "image")
    assert call(app, acme, "Vera", "POST", "/api/renders", json={"kind": "image", "settings": IMAGE}).status_code == 403
    assert call(app, acme, "Bob", "GET", f"/api/renders/{theirs}").status_code == 404
