"""From the order to the gallery: steps, what is counted, and what is given back."""

from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict, Invalid
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.models import Status
from saas.modules.renders.operations import delete_render, order_render, publish_film, take_step
from saas.modules.renders.queries import get_render
from saas.tenancy.limits import FeatureLocked, LimitReached
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.operations.budgets import set_budget
from tests.cast import found
from tests.modules.renders.conftest import FILM, IMAGE, read
from tests.modules.selling import allow, events, figure, give, use
from tests.support import sold


@pytest.fixture
def studio(app):
    """An organisation at Studio on the plan Pro."""
    with sold("studio"):
        organisation = found("Lightbox", owner="Alice", people={"Bob": "member", "Vera": "viewer"})
        give(organisation, "pro")
        yield organisation


METERS = {"image": ("images", 2), "speech": ("tts_seconds", 2), "film": ("render_minutes", 3)}


@pytest.mark.parametrize("kind", METERS)
def test_an_order_is_counted_when_it_is_placed_and_stored_when_it_is_ready(studio, order, run_jobs, kind):
    meter, amount = METERS[kind]
    number = order(studio, kind)
    [event] = events(studio, meter)
    assert (event.quantity, event.module, event.resource) == (amount, "renders", f"render:{number}")
    assert events(studio, "storage") == []
    run_jobs()
    made = read(studio, number)
    assert (made.status, made.steps_done, made.message) == (Status.READY, made.steps, "")
    assert made.size_gb == KINDS[kind].gigabytes(made.settings) == figure(studio, "storage").used
    assert figure(studio, meter).used == amount


def test_each_step_is_a_job_and_one_delivered_twice_is_no_harm(studio, order, run_jobs):
    number = order(studio, "image", number=3)
    with tenant_work(studio):
        take_step(number)
    seen = read(studio, number)
    assert (seen.status, seen.steps_done, seen.steps) == (Status.RUNNING, 1, 3)
    run_jobs()
    with tenant_work(studio):
        take_step(number)
    assert read(studio, number).steps_done == 3
    assert len(events(studio, "storage")) == 1


def test_what_a_model_refuses_is_given_back(studio, make):
    number = make(studio, "image", prompt="A weapon on a table")
    failed = read(studio, number)
    assert (failed.status, failed.message) == (
        Status.FAILED,
        "The model refused this: it does not make such things.",
    )
    assert failed.finished_at
    assert figure(studio, "images").used == 0
    assert [event.quantity for event in events(studio, "images")] == [2, -2]
    assert events(studio, "storage") == []


def test_what_finds_no_place_any_more_fails_and_is_given_back(studio, order, run_jobs):
    allow(studio, storage=1)
    first, second = (order(studio, "film", minutes=15) for _ in range(2))  # 0.9 GB each: either would fit
    run_jobs()
    states = {number: read(studio, number) for number in (first, second)}
    assert sorted(one.status for one in states.values()) == [Status.FAILED, Status.READY]
    [failed] = [one for one in states.values() if one.status == Status.FAILED]
    assert failed.message.startswith("Your plan has 1 GB; 0.9 GB are in use.")
    assert failed.size_gb == 0
    assert figure(studio, "render_minutes").used == 15
    assert figure(studio, "storage").used == Decimal("0.9")


def test_what_has_no_place_now_is_refused_at_once(studio, order):
    allow(studio, storage=1)
    with pytest.raises(LimitReached, match=r"This needs 1\.2 GB more"):
        order(studio, "film", minutes=20)
    order(studio, "film", minutes=10)
    assert figure(studio, "render_minutes").used == 10


def test_a_budget_that_stops_refuses_what_would_cost(studio, order):
    use(studio, "images", 2_499)
    with tenant_work(studio):
        set_budget(Decimal("0"), stop=True, actor=SYSTEM)
    order(studio, "image", number=1)
    with pytest.raises(Conflict, match="budget"):
        order(studio, "image", number=1)
    assert figure(studio, "images").used == 2_500


def test_deleting_gives_the_place_back_but_not_the_work(studio, make):
    number = make(studio, "film")
    with tenant_work(studio):
        delete_render(get_render(number, to_change=True), actor=SYSTEM)
    assert (figure(studio, "storage").used, figure(studio, "render_minutes").used) == (0, 3)


def test_deleting_what_has_not_ended_gives_the_work_back(studio, order, run_jobs):
    number = order(studio, "film")
    with tenant_work(studio):
        delete_render(get_render(number, to_change=True), actor=SYSTEM)
    run_jobs()
    assert (figure(studio, "storage").used, figure(studio, "render_minutes").used) == (0, 0)


def test_deleting_what_failed_gives_nothing_back_twice(studio, make):
    number = make(studio, "image", prompt="A weapon")
    with tenant_work(studio):
        delete_render(get_render(number, to_change=True), actor=SYSTEM)
    assert figure(studio, "images").used == 0


def test_only_films_that_are_ready_are_published_and_once(studio, order, make, run_jobs):
    image, film = make(studio, "image"), order(studio, "film")
    with tenant_scope(studio):
        for number in (image, film):
            with pytest.raises(Conflict, match="Only films that are ready"):
                publish_film(get_render(number, to_change=True), actor=SYSTEM)
    run_jobs()
    with tenant_work(studio):
        publish_film(get_render(film, to_change=True), actor=SYSTEM)
    assert read(studio, film).result["address"].startswith("https://youtube.example/")
    with tenant_scope(studio), pytest.raises(Conflict, match="published already"):
        publish_film(get_render(film, to_change=True), actor=SYSTEM)


def test_features_are_asked_for_where_the_work_is_ordered(studio, order, make):
    order(studio, "film", resolution="4k")
    film = make(studio, "film")
    give(studio, "free")
    with pytest.raises(FeatureLocked, match="4K rendering"):
        order(studio, "film", resolution="4k")
    with tenant_scope(studio), pytest.raises(FeatureLocked, match="Publishing to YouTube"):
        publish_film(get_render(film, to_change=True), actor=SYSTEM)
    order(studio, "film", resolution="1080p")


def test_where_nothing_is_counted_the_work_is_done_all_the_same(app, run_jobs):
    with sold("auterity"):
        where = found("Clockwork", owner="Alice", people={})
        with tenant_work(where):
            number = order_render("image", IMAGE, actor=SYSTEM).id
        run_jobs()
        assert read(where, number).status == Status.READY
        assert events(where, "images") == []


def test_there_are_three_kinds(studio):
    with tenant_scope(studio), pytest.raises(Invalid, match="image, speech, film"):
        order_render("sculpture", FILM, actor=SYSTEM)
