"""Streams to show, made from a seed by the operations that would have made them: some ended, one on air, some planned."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from saas.core.actor import Actor
from saas.core.clock import ago, now
from saas.core.database import db
from saas.members.demo import actor_of
from saas.modules.streams.module import EDIT, RUN
from saas.modules.streams.operations import Draft, create_stream, end_stream, start_stream
from saas.tenancy.entitlements import entitlements

Show = tuple[str, str, tuple[str, ...]]
SHOWS: tuple[Show, ...] = (
    ("Product news", "What is new this week, and what comes next.", ("youtube", "linkedin", "page")),
    ("Ask the engineers", "An hour of questions, and nobody from marketing.", ("youtube", "twitch")),
    ("Behind the scenes", "A walk through the workshop with a camera.", ("twitch", "page")),
    ("Customer stories", "Somebody tells how they work with us.", ("linkedin", "page")),
    ("Training for newcomers", "The first steps, for everybody who has just come.", ("page",)),
)
PLANNED = (
    ("Spring launch", "Everything we have been working on.", ("youtube", "twitch", "linkedin", "page"), 9),
    ("Quarterly figures", "For everybody in the company.", ("page",), 3),
)
MODEST = 500
"""Plans with less bandwidth than so many GB a month are shown with short streams of small pictures."""
ON_AIR = timedelta(minutes=25)


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Fill the tenant in scope, once: its people (ids of accounts) have streamed over the last days."""
    if not entitlements().uses_module("streams"):
        return
    random = Random(seed)  # noqa: S311 (nothing secret comes of it)
    hosts = [actor for actor in map(actor_of, people) if actor.can(EDIT) and actor.can(RUN)]
    limit = entitlements().limit("bandwidth")
    modest = limit is not None and limit < MODEST
    for number in range(max(2, days // 4)):
        back = timedelta(days=days * (1 - (number + 0.5) / max(2, days // 4)), minutes=random.randrange(300))
        lasted = timedelta(seconds=random.randint(600, 1200) if modest else random.randint(1800, 5400))
        _streamed(random, SHOWS[number % len(SHOWS)], random.choice(hosts), modest, back=back, lasted=lasted)
    for title, description, channels, ahead in PLANNED:
        draft = Draft(title, description, channels, "720p", _full_hour(ahead), keep_recording=True)
        create_stream(draft, actor=hosts[0])
    db.session.flush()
    _on_air(hosts[0], "480p" if modest else "1080p")


def _full_hour(ahead: int) -> datetime:
    return (now() + timedelta(days=ahead)).replace(minute=0, second=0, microsecond=0)


def _streamed(random: Random, show: Show, actor: Actor, modest: bool, *, back: timedelta, lasted: timedelta) -> None:
    title, description, channels = show
    quality = "480p" if modest else random.choice(("720p", "1080p"))
    with ago(back):
        planned = now() + timedelta(minutes=30)
        draft = Draft(title, description, channels, quality, planned, keep_recording=random.random() < 0.6)
        stream = create_stream(draft, actor=actor)
        db.session.flush()
    with ago(back - timedelta(minutes=31)):
        start_stream(stream, actor=actor)
        db.session.flush()
    with ago(back - timedelta(minutes=31) - lasted):
        end_stream(stream, actor=actor)
        db.session.flush()


def _on_air(actor: Actor, quality: str) -> None:
    with ago(ON_AIR):
        stream = create_stream(
            Draft("Open house", "Come in and look around.", ("youtube", "page"), quality), actor=actor
        )
        start_stream(stream, actor=actor)
        db.session.flush()
