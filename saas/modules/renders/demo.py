"""A gallery to show, made from a seed by the operations that would have made it."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

from saas.core.actor import Actor
from saas.core.clock import ago
from saas.core.database import db
from saas.members.demo import actor_of
from saas.modules.renders.kinds import RESOLUTIONS, VOICES
from saas.modules.renders.module import MAKE
from saas.modules.renders.operations import YOUTUBE, fail_render, finish_render, order_render, publish_film
from saas.modules.renders.simulator import refusal_of
from saas.tenancy.entitlements import entitlements

PROMPTS = (
    "A harbour at dawn, seen from the water",
    "Three hills and a low sun, in the manner of a poster",
    "A town at night under two moons",
    "Paper lanterns drifting over a still lake",
    "The view from a mountain hut after rain",
    "Glass marbles on a sunlit table",
    "A skyline made of books",
    "Fields in late summer from a balloon",
    "A knight with a weapon of light",
)
TEXTS = (
    "Good morning, and welcome to our tour of the works. Please stay behind the yellow line, and ask whatever you like.",
    "You have reached us outside our hours. Leave your number, and we call you back on the next working day. "
    "If a machine stands still, press one, and somebody who knows it picks up.",
    "Chapter one. It had rained all night, and the road to the village was under water again.",
)
FILMS = ("How we make things", "A day on the floor", "Safety in four minutes", "What our customers say", "The new line")
SHAPES = ("square", "square", "wide", "tall")


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Fill the tenant in scope, once: its people (ids of accounts) have made things over the last days."""
    if not entitlements().uses_module("renders"):
        return
    random = Random(seed)  # noqa: S311 (nothing secret comes of it)
    makers = [actor for actor in map(actor_of, people) if actor.can(MAKE)]
    pieces = max(8, days * 2 // 3)
    for number in range(pieces):
        back = timedelta(days=days * (1 - (number + 0.5) / pieces), minutes=random.randrange(240))
        _make(random, number, random.choice(makers), back)


def _make(random: Random, number: int, actor: Actor, back: timedelta) -> None:
    kind = random.choice(("image", "image", "image", "speech", "film"))
    with ago(back):
        render = order_render(kind, _settings(random, number, kind), actor=actor)
        db.session.flush()
    with ago(back - timedelta(seconds=random.randint(20, 240))):
        if refusal := refusal_of(render.settings):
            fail_render(render, refusal)
        else:
            finish_render(render)
        db.session.flush()
    if kind == "film" and entitlements().allows(YOUTUBE) and random.random() < 0.5:
        with ago(back - timedelta(hours=1)):
            publish_film(render, actor=actor)
            db.session.flush()


def _settings(random: Random, number: int, kind: str) -> dict[str, object]:
    if kind == "image":
        several = random.choice((1, 1, 2, 3, 4, 6))
        return {"prompt": PROMPTS[number % len(PROMPTS)], "size": random.choice(SHAPES), "number": several}
    if kind == "speech":
        return {"text": TEXTS[number % len(TEXTS)], "voice": random.choice(tuple(VOICES))}
    allowed = [name for name, one in RESOLUTIONS.items() if not one.feature or entitlements().allows(one.feature)]
    return {"title": random.choice(FILMS), "minutes": random.randint(1, 14), "resolution": random.choice(allowed)}
