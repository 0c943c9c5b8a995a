"""What streams use of a plan: hours on air, bandwidth, and storage for recordings."""

from datetime import datetime
from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.database import db
from saas.modules.streams.models import LONGEST, Stream
from saas.tenancy.limits import LimitReached
from saas.usage.operations.budgets import BudgetSpent
from saas.usage.operations.consuming import consume
from saas.usage.queries import get_figure
from saas.usage.room import require_room

HOURS, BANDWIDTH, STORAGE = "stream_hours", "bandwidth", "storage"
NEEDED_TO_START = 1
"""How many GB of bandwidth must be left for a stream to go on air."""
_MODULE = "streams"


def check_room() -> None:
    """Raise LimitReached when there is too little bandwidth left to go on air."""
    require_room(BANDWIDTH, NEEDED_TO_START)


def longest(stream: Stream) -> int:
    """For how many whole seconds a stream can be on air with the bandwidth that is left now, at most LONGEST."""
    most, each = int(LONGEST.total_seconds()), stream.sent(1)
    left = get_figure(BANDWIDTH).left if BANDWIDTH in catalogue().meters else None
    return most if left is None or not each else min(most, int(left / each))


def count(meter: str, quantity: Decimal, stream: Stream, *, at: datetime | None = None, actor: Actor) -> str:
    """Count what a stream has used. What a limit or the budget refuses is not counted: returns the sentence that says so."""
    if not quantity:
        return ""
    about = {"resource": f"stream:{stream.id}", "module": _MODULE, "user_id": stream.started_by_id}
    took = stream.seconds * 1000 if meter == HOURS else None
    try:
        with db.session.begin_nested():
            consume(meter, quantity, actor=actor, outcome="ok", duration_ms=took, at=at, **about)
    except (LimitReached, BudgetSpent) as refusal:
        return refusal.message
    return ""


def give_back(stream: Stream, *, actor: Actor) -> None:
    """Give the storage of a stream's recording back."""
    if stream.recording_gb:
        consume(STORAGE, -stream.recording_gb, actor=actor, module=_MODULE, resource=f"stream:{stream.id}")
