"""Streams for programs, with a bearer token."""

from tests.modules.selling import call


def test_the_list_has_pages_and_search(app, acme, plan):
    for number in range(26):
        plan(acme, f"Show {number:02}")
    first = call(app, acme, "Vera", "GET", "/api/streams?sort=title").json
    assert (first["page"], first["pages"], first["total"]) == (1, 2, 26)
    assert first["items"][0]["title"] == "Show 00"
    assert [one["title"] for one in call(app, acme, "Vera", "GET", "/api/streams?q=25").json["items"]] == ["Show 25"]
    assert call(app, acme, "Vera", "GET", "/api/streams?status=live").json["items"] == []


def test_a_program_puts_a_stream_on_air_and_ends_it(app, acme, plan):
    number = plan(acme, "Show")
    started = call(app, acme, "Bob", "POST", f"/api/streams/{number}/start")
    assert (started.status_code, started.json["status"]) == (200, "live")
    assert call(app, acme, "Bob", "GET", f"/api/streams/{number}").json["started_at"]
    ended = call(app, acme, "Bob", "POST", f"/api/streams/{number}/end").json
    assert (ended["status"], ended["channels"]) == ("ended", ["page"])
    assert ended["viewers"] > 0


def test_refusals_are_problem_details(app, acme, umbrella, plan):
    number, theirs = plan(acme, "Show"), plan(umbrella, "Secret")
    refusals = {
        403: call(app, acme, "Vera", "POST", f"/api/streams/{number}/start"),
        404: call(app, acme, "Bob", "GET", f"/api/streams/{theirs}"),
        409: call(app, acme, "Bob", "POST", f"/api/streams/{number}/end"),
    }
    for status, answer in refusals.items():
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "not on air" in refusals[409].json["detail"]
