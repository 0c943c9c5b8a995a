"""What the log tells of renders."""

from saas.core.actor import SYSTEM
from saas.modules.renders.operations import delete_render, publish_film
from saas.modules.renders.queries import get_render
from saas.tenancy.scope import tenant_work
from tests.log import news


def told_of_renders(told) -> list[str]:
    return [event.removeprefix("renders.render.") for event in told.events if event.startswith("renders.")]


def test_each_step_of_a_film_is_one_entry(acme, make):
    with news(acme) as told:
        number = make(acme, "film")
        with tenant_work(acme):
            publish_film(get_render(number, to_change=True), actor=SYSTEM)
        with tenant_work(acme):
            delete_render(get_render(number, to_change=True), actor=SYSTEM)
    assert told_of_renders(told) == ["ordered", "finished", "published", "deleted"]
    ordered, finished = told.entries[0], next(one for one in told.entries if one.event == "renders.render.finished")
    assert ordered.target_label == "Film: How we work"
    assert ordered.facts == {"kind": "film", "amount": 3, "minutes": 3, "resolution": "1080p"}
    assert (finished.actor_name, finished.changes) == ("Renderer", {"status": ["running", "ready"]})


def test_one_that_failed_says_why(acme, make):
    with news(acme) as told:
        make(acme, "image", prompt="A weapon")
    [finished] = [one for one in told.entries if one.event == "renders.render.finished"]
    assert finished.changes == {"status": ["queued", "failed"]}
    assert "refused" in finished.facts["message"]
