"""What streams use of a plan: hours on air, bandwidth, and storage for recordings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from saas.core.actor import Actor
from saas.core.database import db
from saas.modules.streams.encoder import gigabytes, hours
from saas.modules.streams.models import LONGEST, Stream
from saas.modules.streams.queries import find_live
from saas.usage.operations.consuming import consume
from saas.usage.operations.trying import try_to_use
from saas.usage.periods import Period, period_of
from saas.usage.queries import get_figures
from saas.usage.room import require_budget, require_room
from saas.usage.uses import Use

HOURS, BANDWIDTH, STORAGE = "stream_hours", "bandwidth", "storage"
NEEDED_TO_START = 1
"""How many GB of bandwidth must be left for a stream to go on air."""
SHORTEST = Decimal("0.1")
"""How many hours must be left for that."""
TOO_LONG = f"It had been on air for {LONGEST // timedelta(hours=1)} hours, the longest a stream can be."
_EACH_SECOND: Mapping[str, Callable[[Stream], Decimal]] = {
    HOURS: lambda _stream: Decimal(1) / 3600,
    BANDWIDTH: lambda stream: stream.sent(1),
}
_USED_UP = {
    HOURS: "The hours on air of your plan were used up.",
    BANDWIDTH: "The bandwidth of your plan was used up.",
}


def check_room() -> None:
    """Raise LimitReached when too little is left to go on air, BudgetSpent when that would cost and must not."""
    require_room(HOURS, SHORTEST)
    require_room(BANDWIDTH, NEEDED_TO_START)
    require_budget(HOURS, BANDWIDTH)


@dataclass(frozen=True, slots=True)
class Bounds:
    """When what the plan has left ends for all streams that are on air, by the sentence that says so."""

    used_up: Mapping[str, datetime]

    def longest(self, stream: Stream) -> tuple[int, str]:
        """For how many whole seconds a stream can be on air, and what ends it then."""
        if stream.started_at is None:
            return 0, ""
        ends = {TOO_LONG: stream.started_at + LONGEST, **self.used_up}
        because = min(ends, key=lambda sentence: ends[sentence])
        return max(0, int((ends[because] - stream.started_at).total_seconds())), because


def get_bounds() -> Bounds:
    """What bounds the streams that are on air now. They share what is left, whichever of them ends first."""
    live = [(stream.started_at, stream) for stream in db.session.scalars(find_live()) if stream.started_at]
    left: dict[Period, dict[str, Decimal | None]] = {}
    used_up = {}
    for meter, each in _EACH_SECOND.items():
        rates = [(began, each(stream)) for began, stream in live]
        if moment := _used_up_at(meter, rates, left):
            used_up[_USED_UP[meter]] = moment
    return Bounds(used_up)


def _used_up_at(
    meter: str, rates: Sequence[tuple[datetime, Decimal]], known: dict[Period, dict[str, Decimal | None]]
) -> datetime | None:
    """When streams use up a meter; a stream counts in the month in which it ends, all of it. None: not before they end."""
    if not rates:
        return None
    period, last = period_of(rates[0][0]), rates[-1][0] + LONGEST
    while period.start <= last:
        if period not in known:
            known[period] = {figure.meter: figure.left for figure in get_figures(period)}
        left = known[period].get(meter)
        moment = None if left is None else _empty_at(rates, left)
        if moment is None or moment < period.end:
            return moment and max(moment, period.start)
        period = period_of(period.end)
    return None


def _empty_at(rates: Sequence[tuple[datetime, Decimal]], left: Decimal) -> datetime | None:
    """When so much is used up by who begins at a moment, in its order, and takes so much each second from then on."""
    moment, together = rates[0][0], Decimal(0)
    for began, each in rates:
        taken = together * Decimal((began - moment).total_seconds())
        if taken > left:
            break
        moment, left, together = began, left - taken, together + each
    return moment + timedelta(seconds=float(left / together)) if together else None


def uses_of(stream: Stream) -> list[Use]:
    """What a stream has used that has ended, but for its recording."""
    taken = {HOURS: hours(stream.seconds), BANDWIDTH: stream.bandwidth_gb}
    took = {HOURS: stream.seconds * 1000}
    return [_use(stream, meter, amount, duration_ms=took.get(meter)) for meter, amount in taken.items() if amount]


def store(stream: Stream, *, actor: Actor) -> None:
    """Keep the recording of a stream that has ended; without a place for it, note that."""
    size = gigabytes(stream.quality, stream.seconds)
    if stream.keep_recording and size:
        stream.recording_note = try_to_use([_use(stream, STORAGE, size)], actor=actor)
        stream.recording_gb = None if stream.recording_note else size


def _use(stream: Stream, meter: str, amount: Decimal, **about: Any) -> Use:
    about |= {"resource": f"stream:{stream.id}", "module": "streams", "user_id": stream.started_by_id}
    return Use(meter, amount, outcome="ok", at=stream.ended_at, **about)


def give_back(size: Decimal | None, stream: Stream, *, actor: Actor) -> None:
    """Give the storage of a stream's recording back."""
    if size:
        consume(STORAGE, -size, actor=actor, module="streams", resource=f"stream:{stream.id}")
