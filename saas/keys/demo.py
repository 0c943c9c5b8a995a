"""Keys to show: one in use, one that soon expires, one that was taken back. Nobody knows their secrets."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from saas.core.clock import ago, now
from saas.core.database import db
from saas.keys.operations import create_key, note_use, revoke_key
from saas.members.demo import actor_of

READS = ("members.view", "workflows.view")


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Keys that the owner made; small organisations have none yet."""
    if len(people) < 3 or seed % 2:
        return
    with ago(timedelta(days=days * 2 / 3)):
        actor = actor_of(people[0])
        former, _ = create_key(name="Spreadsheet of last year", permissions=READS, expires_at=None, actor=actor)
        used, _ = create_key(
            name="Nightly import",
            permissions=[*READS, "workflows.run"],
            expires_at=now() + timedelta(days=365),
            actor=actor,
        )
        create_key(
            name="Trial of the dashboard",
            permissions=READS,
            expires_at=now() + timedelta(days=days * 2 / 3 + 6),
            actor=actor,
        )
        db.session.flush()
    with ago(timedelta(days=days / 3)):
        revoke_key(former.id, actor=actor_of(people[0]))
        db.session.flush()
    with ago(timedelta(hours=9)):
        note_use(used.id, address="203.0.113.40")
