"""The pages of the gallery."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from saas.core.actor import SYSTEM
from saas.core.ids import new_id
from saas.core.runtime import runtime
from saas.modules.renders.operations import order_render
from saas.modules.renders.queries import has_renders
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.modules.renders.conftest import FILM, IMAGE, SPEECH, read
from tests.modules.selling import events

IMAGES, SPEAK, FILMS = "/renders/images/new", "/renders/speech/new", "/renders/films/new"


def test_images_are_ordered_watched_and_seen(acme, browse, run_jobs):
    bob = browse(acme, "Bob")
    ordered = bob.post(IMAGES, IMAGE)
    assert ordered.status_code == 303
    page = bob.follow(ordered).text
    assert "The work has begun." in page
    assert "0 of 2 steps" in page
    assert 'hx-trigger="load delay:1s"' in page
    run_jobs()
    path = ordered.headers["Location"]
    ready = bob.get(path).text
    assert 'hx-trigger="load' not in ready
    assert ready.count('alt="Image ') == 2
    assert "No model was asked" in ready
    assert "A harbour at dawn" in bob.get("/renders").text


def test_a_form_sent_twice_orders_once(acme, browse):
    bob = browse(acme, "Bob")
    number = bob.get(IMAGES).text.split('name="order"')[1].split('value="')[1].split('"')[0]
    first, second = (bob.post(IMAGES, IMAGE | {"order": number}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["Location"].endswith(number)
    other = bob.post(IMAGES, IMAGE | {"order": bob.get(IMAGES).text.split('name="order"')[1].split('value="')[1][:36]})
    assert other.headers["Location"] != first.headers["Location"]
    assert len(events(acme, "images")) == 2


def test_a_form_sent_twice_at_once_orders_once(acme):
    number, together = new_id(), Barrier(4)

    def send(_time: int) -> UUID:
        with tenant_work(acme):
            has_renders()
            together.wait(10)
            return order_render("image", IMAGE, number=number, actor=SYSTEM).id

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(send, range(4))) == {number}
    assert len(events(acme, "images")) == 1


@pytest.mark.parametrize(("path", "given"), [(SPEAK, SPEECH), (FILMS, FILM)])
def test_speech_and_films_go_the_same_way(acme, browse, run_jobs, path, given):
    bob = browse(acme, "Bob")
    ordered = bob.post(path, given)
    run_jobs()
    page = bob.follow(ordered).text
    assert ">Ready</span>" in page
    assert ("Good morning, and welcome." if path == SPEAK else "4,500 frames are ready") in page


@pytest.mark.parametrize(
    ("path", "given", "change", "message"),
    [
        (IMAGES, IMAGE, {"prompt": " "}, "This is needed."),
        (IMAGES, IMAGE, {"prompt": "x" * 501}, "Use at most 500 characters."),
        (IMAGES, IMAGE, {"number": "11"}, "Give a whole number from 1 to 10."),
        (IMAGES, IMAGE, {"number": "many"}, "Please enter a whole number."),
        (IMAGES, IMAGE, {"size": "round"}, "Please choose one of these."),
        (SPEAK, SPEECH, {"text": "x" * 15_001}, "Use at most 15,000 characters."),
        (SPEAK, SPEECH, {"voice": "parrot"}, "Please choose one of these."),
        (FILMS, FILM, {"title": "a\0b"}, "characters that cannot be used"),
        (FILMS, FILM, {"minutes": "0"}, "Give a whole number from 1 to 120."),
        (FILMS, FILM, {"resolution": "8k"}, "Please choose one of these."),
    ],
)
def test_what_is_wrong_is_said_beside_it(acme, browse, path, given, change, message):
    bob = browse(acme, "Bob")
    refused = bob.post(path, given | change)
    assert refused.status_code == 422
    assert message in refused.text
    assert "The gallery is empty" in bob.get("/renders").text


def test_a_drawing_comes_with_headers_that_let_nothing_run(acme, browse, make, order):
    bob, number = browse(acme, "Bob"), make(acme, "image", number=2)
    drawn = bob.get(f"/renders/{number}/images/1")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")
    assert drawn.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert drawn.headers["X-Content-Type-Options"] == "nosniff"
    assert drawn.headers["Cache-Control"] == "private, max-age=3600"
    assert drawn.text == bob.get(f"/renders/{number}/images/1").text != bob.get(f"/renders/{number}/images/0").text
    assert "harbour" not in drawn.text
    waiting = order(acme, "image")
    for missing in (f"{number}/images/2", f"{number}/images/x", f"{waiting}/images/0", f"{uuid4()}/images/0"):
        assert bob.get(f"/renders/{missing}").status_code == 404


def test_speech_and_films_have_one_picture_each(acme, browse, make):
    bob = browse(acme, "Bob")
    for kind in ("speech", "film"):
        number = make(acme, kind)
        assert bob.get(f"/renders/{number}/images/0").status_code == 200
        assert bob.get(f"/renders/{number}/images/1").status_code == 404


def test_the_gallery_is_searched_filtered_sorted_and_told_as_csv(acme, browse, make):
    make(acme, "image", prompt="Alpha"), make(acme, "speech", text="Beta"), make(acme, "film", title="Gamma")
    vera = browse(acme, "Vera")

    def titles(query: str) -> list[str]:
        page = vera.get(f"/renders?{query}").text
        found = [(page.index(f">{name}</a>"), name) for name in ("Alpha", "Beta", "Gamma") if f">{name}</a>" in page]
        return [name for _, name in sorted(found)]

    assert titles("") == ["Gamma", "Beta", "Alpha"]
    assert titles("sort=title") == ["Alpha", "Beta", "Gamma"]
    assert titles("sort=-size") == ["Gamma", "Alpha", "Beta"]
    assert titles("q=bet") == ["Beta"]
    assert titles("kind=film") == ["Gamma"]
    assert "Nothing matches" in vera.get("/renders?q=zzz").text
    lines = vera.get("/renders/export.csv?sort=title").text.splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["Alpha", "Image", "ready"],
        ["Beta", "Speech", "ready"],
        ["Gamma", "Film", "ready"],
    ]


def test_the_gallery_has_pages_and_costs_the_same_however_long_it_is(acme, browse, order, statements):
    vera = browse(acme, "Vera")
    order(acme, "image")
    vera.get("/renders")
    statements.clear()
    vera.get("/renders")
    few = len(statements)
    for _ in range(25):
        order(acme, "speech")
    statements.clear()
    assert "1–24" in vera.get("/renders").text
    assert len(statements) == few
    assert "25–26" in vera.get("/renders?page=2").text


def test_an_estimate_follows_what_is_typed(acme, browse):
    bob = browse(acme, "Bob")
    bob.get(IMAGES)
    assert "This uses 4 images." in bob.post("/renders/estimate", {"kind": "image", "number": "4"}).text
    for number in ("0", "11", "many", ""):
        assert "uses" not in bob.post("/renders/estimate", {"kind": "image", "number": number}).text
    assert bob.post("/renders/estimate", {"kind": "sculpture"}).status_code == 200


def test_costly_work_is_ordered_so_many_times_a_minute(acme, app):
    marks = {name: app.view_functions[name].access.costly for name in app.view_functions if name.startswith("renders")}
    assert {name for name, costly in marks.items() if costly} == {
        "renders.new_image",
        "renders.new_speech",
        "renders.new_film",
        "renders_api.order",
    }


def test_a_film_is_published_from_its_page(acme, browse, make):
    bob, number = browse(acme, "Bob"), make(acme, "film")
    assert "Publish to YouTube" in bob.get(f"/renders/{number}").text
    page = bob.follow(bob.post(f"/renders/{number}/publish")).text
    assert "The film is published." in page
    assert read(acme, number).result["address"] in page
    assert "published already" in bob.follow(bob.post(f"/renders/{number}/publish")).text


def test_whoever_only_looks_makes_publishes_and_deletes_nothing(acme, browse, make):
    number = make(acme, "film")
    vera, bob, alice = (browse(acme, name) for name in ("Vera", "Bob", "Alice"))
    page = vera.get(f"/renders/{number}").text
    assert "Publish to YouTube" not in page
    assert "New image" not in vera.get("/renders").text
    assert vera.get(IMAGES).status_code == vera.post(f"/renders/{number}/publish").status_code == 403
    assert bob.post(f"/renders/{number}/delete", page="/renders").status_code == 403
    assert "is deleted" in alice.follow(alice.post(f"/renders/{number}/delete", page="/renders")).text
    assert alice.get(f"/renders/{number}").status_code == 404


def test_what_failed_says_why(acme, browse, make):
    number = make(acme, "image", prompt="A weapon")
    page = browse(acme, "Vera").get(f"/renders/{number}").text
    assert "Nothing came of this" in page
    assert "What it would have used was given back." in page


def test_the_card_is_one_statement_and_stays_away_while_nothing_is_ready(acme, browse, order, make, statements):
    order(acme, "film")
    vera = browse(acme, "Vera")
    assert "Latest in the gallery" not in vera.get("/").text
    make(acme, "image")
    statements.clear()
    assert "Latest in the gallery" in vera.get("/").text
    assert sum("renders" in statement for statement in statements) == 1


def test_the_step_of_getting_started_is_done_with_the_first_that_is_ready(acme, make):
    step = next(step for step in runtime().registry.steps if step.name == "renders.first_render")
    with tenant_scope(acme):
        assert not step.done()
    make(acme, "image")
    with tenant_scope(acme):
        assert step.done()


def test_the_first_that_is_ready_is_a_milestone(acme, browse, run_jobs, mailbox):
    bob = browse(acme, "Bob")
    for _ in range(2):
        bob.post(IMAGES, IMAGE)
        run_jobs()
    subjects = [message["Subject"] for message in mailbox.messages(acme.email("Bob"))]
    assert subjects == ["Your first piece is in the gallery"]


def test_what_another_organisation_made_is_not_found(cast, browse, make):
    theirs, alice = make(cast.umbrella, "image"), browse(cast.acme, "Alice")
    for path in (f"/renders/{theirs}", f"/renders/{theirs}/images/0", f"/renders/{uuid4()}"):
        assert alice.get(path).status_code == 404
