"""The journey through Atlantiplex's catalogue: what is free, where it ends, and which plan goes on from there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from saas.modules.streams.encoder import gigabytes
from tests.cast import found
from tests.modules.selling import call, events, figure, give, use
from tests.modules.streams.conftest import read
from tests.support import Browser, sold

SHOW = {"title": "Tonight", "channels": ["page"], "quality": "720p", "keep_recording": "y"}


@pytest.fixture
def free(app):
    """An organisation that has just come to Atlantiplex, on the plan that costs nothing."""
    with sold("atlantiplex"):
        yield found("Lanternfish", owner="Alice", people={"Bob": "member"})


def planned(browser: Browser) -> str:
    """Plan a stream; returns its address."""
    made = browser.post("/streams/new", SHOW)
    assert made.status_code == 303
    return str(made.headers["Location"])


def test_the_first_evening_costs_nothing(free, browse):
    bob = browse(free, "Bob")
    path = planned(bob)
    assert bob.post(f"{path}/start").status_code == 303
    assert "On air" in bob.get(path).text
    assert bob.post(f"{path}/end").status_code == 303
    assert "Ended" in bob.get("/streams").text
    assert {event.cost for meter in ("stream_hours", "bandwidth", "storage") for event in events(free, meter)} <= {0}


def test_two_teams_are_free_and_a_third_needs_starter(free, browse):
    alice = browse(free, "Alice")
    for name in ("Camera", "Sound"):
        assert alice.post("/teams/new", {"name": name, "parent": "top"}).status_code == 303
    refused = alice.post("/teams/new", {"name": "Light", "parent": "top"})
    assert refused.status_code == 402
    assert "Your plan has 2 teams; 2 teams are in use. Starter," in refused.text
    give(free, "starter")
    assert alice.post("/teams/new", {"name": "Light", "parent": "top"}).status_code == 303


def test_five_gigabytes_of_recordings_are_kept_and_then_none(free, browse, on_air):
    bob, alice = browse(free, "Bob"), browse(free, "Alice")
    use(free, "storage", Decimal("4"))
    kept = on_air(free, "Short", since=timedelta(minutes=30), quality="720p")  # 0.5625 GB
    lost = on_air(free, "Long", since=timedelta(minutes=45), quality="720p")  # 0.84375 GB
    for number in (kept, lost):
        assert bob.post(f"/streams/{number}/end", page="/streams").status_code == 303
    assert read(free, kept).recording_gb >= gigabytes("720p", 1800)
    assert read(free, lost).recording_gb is None
    page = bob.get(f"/streams/{lost}").text
    assert "There was no place for the recording" in page
    assert "Your plan has 5 GB; " in page
    assert "Starter, Professional and Enterprise have more." in page
    alice.post(f"/streams/{kept}/recording/delete", page="/streams")
    assert figure(free, "storage").used == 4
    again = on_air(free, "Again", since=timedelta(minutes=45), quality="720p")
    bob.post(f"/streams/{again}/end")
    assert read(free, again).recording_gb


def test_after_fifty_gigabytes_nothing_goes_on_air_until_starter(free, browse):
    bob = browse(free, "Bob")
    path = planned(bob)
    use(free, "bandwidth", 50)
    refused = bob.post(f"{path}/start")
    assert refused.status_code == 402
    assert "Your plan has 50 GB a month; 50 GB are in use. Starter," in refused.text
    assert "Compare plans" in refused.text
    assert "Planned" in bob.get(path).text
    give(free, "starter")
    assert bob.post(f"{path}/start").status_code == 303


@pytest.mark.usefixtures("within_a_month")
def test_what_is_on_air_when_the_bandwidth_ends_is_cut_there(free, browse, on_air):
    use(free, "bandwidth", 48)
    number = on_air(free, "Marathon", since=timedelta(hours=11), quality="1080p", channels=("youtube", "twitch"))
    bob = browse(free, "Bob")
    assert bob.post(f"/streams/{number}/end", page="/streams").status_code == 303
    page = bob.get(f"/streams/{number}").text
    assert "It ended by itself" in page
    assert "The bandwidth of your plan was used up." in page
    told = figure(free, "bandwidth")
    assert Decimal("49.9") < told.used <= told.limit == 50


def test_programs_come_in_from_professional_on(free, app, browse):
    path = planned(browse(free, "Bob"))
    refused = call(app, free, "Bob", "GET", "/api/streams")
    assert (refused.status_code, refused.mimetype) == (402, "application/problem+json")
    assert "“API access” is not in your plan. Professional and Enterprise have it." in refused.json["detail"]
    give(free, "starter")
    assert call(app, free, "Bob", "GET", "/api/streams").status_code == 402
    give(free, "professional")
    assert [one["title"] for one in call(app, free, "Bob", "GET", "/api/streams").json["items"]] == ["Tonight"]
    assert call(app, free, "Bob", "POST", f"/api{path}/start").json["status"] == "live"
    assert figure(free, "api_calls").used == 2


def test_what_is_not_sold_here_is_not_there(free, browse):
    bob = browse(free, "Bob")
    assert bob.get("/streams").status_code == 200
    assert bob.get("/workflows").status_code == 402
    assert "Workflows" not in bob.get("/").text
