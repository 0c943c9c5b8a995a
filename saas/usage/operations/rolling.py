"""Rolling up: events added up by hours and days, days by months. What is rolled up can be made anew from the events at any time."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.ids import id_at
from saas.tenancy.config import keep
from saas.usage.kept import kept_since
from saas.usage.module import REBUILT
from saas.usage.periods import STANDING
from saas.usage.queries import ROLLED_UP, rolled_up_at

MARGIN = timedelta(hours=2)
"""No transaction that records use is open for longer: what is that old is there, or never comes."""
_ALL = UUID(int=0)

_TOUCHED = (
    "WITH touched AS MATERIALIZED (SELECT DISTINCT meter, date_trunc(:grain, at, 'UTC') AS start"
    " FROM usage_events WHERE id >= :since AND at >= :kept)"
)
_SUMS = (
    "sum(e.quantity) AS quantity, sum(e.cost) AS cost, count(*) FILTER (WHERE e.quantity > 0) AS events,"
    " count(*) FILTER (WHERE e.outcome = 'failed') AS failed, count(e.duration_ms) AS timed,"
    " coalesce(sum(e.duration_ms), 0) AS duration_ms"
)
_WHO = "CASE WHEN e.actor_id IS NULL THEN '' ELSE e.actor_kind || ':' || e.actor_id END"
_THERE = (
    " FROM usage_events e WHERE e.meter = t.meter AND e.at >= t.start AND e.at < t.start + CAST(:length AS interval)"
)
"""The events of one touched hour or day, ``length`` in hours: a day of the session's time zone may be shorter. Always asked
one by one (LATERAL), by the index: joined, all events of a meter would be compared with all of its hours."""
_INTO = (
    "INSERT INTO usage_rollups (grain, meter, facet, start, value, quantity, cost, events, failed, timed, duration_ms) "
)
_AGAIN = (
    " ON CONFLICT (grain, meter, facet, start, value) DO UPDATE SET quantity = excluded.quantity, cost = excluded.cost,"
    " events = excluded.events, failed = excluded.failed, timed = excluded.timed, duration_ms = excluded.duration_ms"
)
_HOURS = text(
    " ".join(
        (
            f"{_TOUCHED} {_INTO} SELECT :grain, t.meter, '', t.start, '', s.*",
            f"FROM touched t, LATERAL (SELECT {_SUMS}{_THERE}) s{_AGAIN}",
        )
    )
)
_FACETS = (
    "CASE WHEN d = 0 THEN 'dimension' WHEN m = 0 THEN 'module' WHEN w = 0 THEN 'user' ELSE '' END",
    "CASE WHEN d = 0 THEN dimension WHEN m = 0 THEN module WHEN w = 0 THEN who ELSE '' END",
)
_SEEN = (
    f"SELECT e.dimension, e.module, {_WHO} AS who, GROUPING(e.dimension) AS d, GROUPING(e.module) AS m, GROUPING({_WHO}) AS w,"
    f" {_SUMS}{_THERE} GROUP BY GROUPING SETS ((), (e.dimension), (e.module), ({_WHO}))"
)
_DAYS = text(
    " ".join(
        (
            f"{_TOUCHED} {_INTO} SELECT :grain, t.meter, {_FACETS[0]}, t.start, {_FACETS[1]},",
            f"quantity, cost, events, failed, timed, duration_ms FROM touched t, LATERAL ({_SEEN}) s{_AGAIN}",
        )
    )
)
_ADDED = ", ".join(f"sum(r.{name})" for name in ("quantity", "cost", "events", "failed", "timed", "duration_ms"))
_MONTHS = text(
    " ".join(
        (
            f"{_TOUCHED} {_INTO} SELECT :grain, r.meter, r.facet, t.start, r.value, {_ADDED}",
            "FROM touched t JOIN usage_rollups r ON r.grain = 'day' AND r.meter = t.meter AND r.start >= t.start",
            "AND r.start < (t.start AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'",
            f"GROUP BY r.meter, r.facet, t.start, r.value{_AGAIN}",
        )
    )
)
_TOTALS = text(
    "WITH summed AS (SELECT meter, CASE WHEN meter = ANY(:storage) THEN CAST(:standing AS date)"
    " ELSE date_trunc('month', at, 'UTC')::date END AS period, sum(quantity) AS summed, max(quantity) AS most, sum(cost) AS cost,"
    " count(*) AS events FROM usage_events WHERE at >= :kept OR meter = ANY(:storage) GROUP BY 1, 2)"
    " INSERT INTO usage_totals AS t (meter, period, used, cost, events)"
    " SELECT meter, period, CASE WHEN meter = ANY(:maxima) THEN most ELSE summed END, cost, events FROM summed"
    " ON CONFLICT (meter, period) DO UPDATE SET used = excluded.used, events = excluded.events,"
    " cost = excluded.cost WHERE (t.used, t.cost, t.events) IS DISTINCT FROM (excluded.used, excluded.cost, excluded.events)"
    " RETURNING meter"
)
_WITHOUT = text(
    "DELETE FROM usage_totals t WHERE (t.period >= CAST(:kept AS date) OR t.period = CAST(:standing AS date))"
    " AND NOT EXISTS (SELECT FROM usage_events e WHERE e.meter = t.meter AND (t.period = CAST(:standing AS date)"
    " OR (e.at >= t.period AT TIME ZONE 'UTC' AND e.at < (t.period + interval '1 month') AT TIME ZONE 'UTC')))"
    " AND (t.used, t.cost, t.events) IS DISTINCT FROM (0, 0, 0) RETURNING meter"
)


def roll_up() -> int:
    """Add up the hours, days and months of which events have come in since the last time; how many rows were written."""
    began, last = now(), rolled_up_at()
    written = _roll(id_at(last - MARGIN) if last else _ALL)
    keep({ROLLED_UP: began.isoformat()})
    return written


def _roll(since: UUID) -> int:
    asked = {"since": since, "kept": kept_since()}
    hours = db.session.connection().execute(_HOURS, {"grain": "hour", "length": "1 hour", **asked})
    days = db.session.connection().execute(_DAYS, {"grain": "day", "length": "24 hours", **asked})
    months = db.session.connection().execute(_MONTHS, {"grain": "month", **asked})
    return hours.rowcount + days.rowcount + months.rowcount


def rebuild(*, actor: Actor) -> int:
    """Make totals and roll-ups anew from the events, for all months of which the events are kept; how many totals differed.

    Costs are those that the events have, as they were sold when it happened. Nothing is counted meanwhile.
    """
    db.session.connection().exec_driver_sql("LOCK TABLE usage_totals IN EXCLUSIVE MODE")
    asked = {
        "storage": _meters(Kind.STORAGE),
        "maxima": _meters(Kind.MAXIMUM),
        "standing": STANDING,
        "kept": kept_since(),
    }
    differed = len(db.session.execute(_TOTALS, asked).all()) + len(db.session.execute(_WITHOUT, asked).all())
    db.session.connection().exec_driver_sql("DELETE FROM usage_rollups WHERE start >= %(kept)s", asked)
    _roll(_ALL)
    keep({ROLLED_UP: now().isoformat()})
    record(REBUILT, actor=actor, target=Target("usage", "", "usage"), differed=differed)
    return differed


def _meters(kind: Kind) -> list[str]:
    return [name for name, meter in catalogue().meters.items() if meter.kind is kind]
