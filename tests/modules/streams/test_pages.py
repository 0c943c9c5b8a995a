"""The pages of streams."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict
from saas.core.runtime import runtime
from saas.modules.streams.models import Status
from saas.modules.streams.operations import Draft, change_stream
from saas.tenancy.scope import tenant_scope
from tests.modules.streams.conftest import end, read

FORM = {
    "title": "Product news",
    "description": "What is new",
    "channels": ["youtube", "page"],
    "quality": "1080p",
    "planned_at": "2027-05-04T18:30",
    "keep_recording": "y",
}


@pytest.fixture(autouse=True)
def _early():
    with time_machine.travel("2027-05-01T12:00:00Z", tick=True):
        yield


def made(browser, form):
    answer = browser.post("/streams/new", form)
    assert answer.status_code == 303
    return answer


def test_a_stream_is_planned_put_on_air_and_ended(acme, browse):
    bob = browse(acme, "Bob")
    answer = made(bob, FORM)
    page = bob.follow(answer)
    assert "The stream is planned." in page.text
    assert "Planned for 4 May 2027, 18:30" in page.text
    path = answer.headers["Location"]
    assert "You are on air." in bob.follow(bob.post(f"{path}/start")).text
    live = bob.get(path).text
    assert "On air" in live
    assert "12 hours at most" in live
    assert 'hx-trigger="load delay:3s"' in live
    assert "Nothing was sent to any channel" in live
    ended = bob.follow(bob.post(f"{path}/end")).text
    assert "The stream has ended." in ended
    assert 'hx-trigger="load' not in ended
    assert "This stream has ended." in bob.follow(bob.post(f"{path}/start")).text
    assert "This stream is not on air." in bob.follow(bob.post(f"{path}/end")).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "This is needed."),
        ({"title": "x" * 101}, "Use at most 100 characters."),
        ({"description": "x" * 2001}, "Use at most 2000 characters."),
        ({"channels": []}, "Choose one at least."),
        ({"channels": ["radio"]}, "Please choose among these."),
        ({"quality": "8k"}, "Please choose one of these."),
        ({"planned_at": "soon"}, "Please enter a day and a time."),
        ({"planned_at": "2027-04-30T10:00"}, "This lies in the past."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(acme, browse, change, message):
    bob = browse(acme, "Bob")
    refused = bob.post("/streams/new", FORM | change)
    assert refused.status_code == 422
    assert message in refused.text
    assert "What is new" in refused.text or "description" in change
    assert "No streams yet" in bob.get("/streams").text


def test_the_planned_start_is_typed_as_clocks_of_the_organisation_show_it(acme, browse):
    alice = browse(acme, "Alice")
    alice.post("/settings", {"name": "Acme", "time_zone": "Asia/Tokyo", "language": "en", "support_address": ""})
    path = made(alice, FORM).headers["Location"]
    assert read(acme, path.rpartition("/")[2]).planned_at.isoformat() == "2027-05-04T09:30:00+00:00"
    assert 'value="2027-05-04T18:30"' in alice.get(f"{path}/edit").text


def test_a_planned_stream_can_be_changed_until_it_is_on_air(acme, browse):
    bob = browse(acme, "Bob")
    path = made(bob, FORM).headers["Location"]
    assert bob.post(f"{path}/edit", FORM | {"title": "Other news"}, page=f"{path}/edit").status_code == 422
    form = bob.get(f"{path}/edit").text
    version = form.split('name="version"')[1].split('value="')[1].split('"')[0]
    saved = bob.post(f"{path}/edit", FORM | {"title": "Other news", "version": version})
    assert "Your changes are saved." in bob.follow(saved).text
    overtaken = bob.post(f"{path}/edit", FORM | {"title": "Late news", "version": version})
    assert overtaken.status_code == 422
    assert "Somebody changed this stream" in overtaken.text
    bob.post(f"{path}/start")


def test_once_on_air_only_its_words_are_changed(acme, browse):
    bob = browse(acme, "Bob")
    path = made(bob, FORM).headers["Location"]
    bob.post(f"{path}/start")
    for title in ("While it is live", "When it has ended"):
        form = bob.get(f"{path}/edit").text
        assert 'name="quality"' not in form
        version = form.split('name="version"')[1].split('value="')[1].split('"')[0]
        words = {
            "title": title,
            "description": "Told anew",
            "version": version,
            "quality": "480p",
            "channels": ["twitch"],
        }
        assert "Your changes are saved." in bob.follow(bob.post(f"{path}/edit", words)).text
        stream = read(acme, path.rpartition("/")[2])
        assert (stream.title, stream.description) == (title, "Told anew")
        assert (stream.quality, stream.channels, stream.keep_recording) == ("1080p", ["youtube", "page"], True)
        bob.post(f"{path}/end")
    with tenant_scope(acme), pytest.raises(Conflict, match="only its title and its description"):
        change_stream(stream, replace(Draft.of(stream), quality="480p"), actor=SYSTEM)


def test_the_list_is_searched_filtered_sorted_and_told_as_csv(acme, browse, plan, on_air):
    plan(acme, "Alpha"), plan(acme, "Beta")
    end(acme, on_air(acme, "Gamma", since=timedelta(hours=2)))
    on_air(acme, "Delta", since=timedelta(minutes=5))
    vera = browse(acme, "Vera")

    def titles(query: str) -> list[str]:
        page = vera.get(f"/streams?{query}").text
        return [name for name in ("Alpha", "Beta", "Gamma", "Delta") if f">{name}</a>" in page]

    assert titles("") == ["Alpha", "Beta", "Gamma", "Delta"]
    assert titles("q=about+b") == ["Beta"]
    assert titles("status=live") == ["Delta"]
    assert titles("status=planned") == ["Alpha", "Beta"]
    assert "Nothing matches" in vera.get("/streams?q=zzz").text
    lines = vera.get("/streams/export.csv?sort=title").text.splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == ["Alpha", "Beta", "Delta", "Gamma"]
    assert "Your own page" in lines[1]


def test_the_list_costs_the_same_however_long_it_is(acme, browse, plan, statements):
    vera = browse(acme, "Vera")
    plan(acme, "Stream 0")
    vera.get("/streams")
    statements.clear()
    vera.get("/streams")
    few = len(statements)
    for number in range(1, 27):
        plan(acme, f"Stream {number}")
    statements.clear()
    assert "1–25" in vera.get("/streams").text
    assert len(statements) == few
    assert "26–27" in vera.get("/streams?page=2").text


def test_whoever_only_looks_sees_no_buttons_and_is_refused(acme, browse, plan):
    number = plan(acme, "News")
    vera, bob, alice = (browse(acme, name) for name in ("Vera", "Bob", "Alice"))
    assert "Go on air" not in vera.get(f"/streams/{number}").text
    assert vera.post(f"/streams/{number}/start").status_code == 403
    assert read(acme, number).status == Status.PLANNED
    assert bob.post(f"/streams/{number}/delete", page="/streams").status_code == 403
    assert "is deleted" in alice.follow(alice.post(f"/streams/{number}/delete", page="/streams")).text


def test_deleting_is_refused_on_air_and_a_recording_goes_by_itself(acme, browse, on_air):
    alice, number = browse(acme, "Alice"), on_air(acme, "News", since=timedelta(hours=1))
    assert "End it first" in alice.follow(alice.post(f"/streams/{number}/delete", page="/streams")).text
    end(acme, number)
    assert "Delete recording" in alice.get(f"/streams/{number}").text
    assert "The recording is deleted." in alice.follow(alice.post(f"/streams/{number}/recording/delete")).text
    assert "The recording was deleted." in alice.get(f"/streams/{number}").text
    assert "There is no recording" in alice.follow(alice.post(f"/streams/{number}/recording/delete")).text


def test_the_card_is_one_statement_and_stays_away_while_nothing_was_on_air(acme, browse, plan, on_air, statements):
    plan(acme, "News")
    vera = browse(acme, "Vera")
    assert "Hours on air" not in vera.get("/").text
    end(acme, on_air(acme, "Gamma", since=timedelta(hours=2)))
    on_air(acme, "Delta", since=timedelta(minutes=5))
    statements.clear()
    page = vera.get("/").text
    assert "Hours on air" in page
    assert "1 on air now" in page
    assert sum("streams" in statement for statement in statements) == 1


def test_the_step_of_getting_started_is_done_once_something_was_on_air(acme, plan, on_air):
    step = next(step for step in runtime().registry.steps if step.name == "streams.first_stream")
    plan(acme, "News")
    with tenant_scope(acme):
        assert not step.done()
    on_air(acme, "Live", since=timedelta(0))
    with tenant_scope(acme):
        assert step.done()


def test_the_first_stream_that_ends_is_a_milestone(acme, on_air, mailbox):
    end(acme, on_air(acme, "First", since=timedelta(hours=1), by="Bob"))
    end(acme, on_air(acme, "Second", since=timedelta(hours=1), by="Bob"))
    subjects = [message["Subject"] for message in mailbox.messages(acme.email("Bob"))]
    assert subjects == ["Your first stream has been on air"]


def test_another_organisations_stream_is_not_found(cast, browse, plan):
    theirs = plan(cast.umbrella, "Secret")
    alice = browse(cast.acme, "Alice")
    assert alice.get(f"/streams/{theirs}").status_code == alice.get(f"/streams/{uuid4()}").status_code == 404
