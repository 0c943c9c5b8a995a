"""What is behind a line of use: the events that it charges, how much they used and what of it cost; in the tenant's scope.

Stripe knows sums of money only. Events are charged in the order in which they became known, so those of a line are the ones behind
the line before, up to where their costs reach what this one charges. Storage and maxima are not charged by events.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from saas.billing.models import Invoice
from saas.billing.money import MILLION, price_of_millionth
from saas.billing.queries.use import CHARGED, Charging, is_weighed
from saas.core.database import db
from saas.core.ids import id_at
from saas.tenancy.entitlements import entitlements
from saas.tenancy.standing import get_standing
from saas.usage.events import Charged

_LAST = text(
    "SELECT id FROM (SELECT id, cost, sum(cost) OVER (ORDER BY id) AS running FROM usage_events"
    " WHERE meter = :meter AND at >= :since AND id > :after) known"
    " WHERE cost != 0 OR id < :until ORDER BY abs(running - :amount), id DESC LIMIT 1"
)
"""Up to which event the costs are nearest to an amount; what cost nothing belongs to the period in which it became known."""
_SUMS = text(
    "SELECT dimension, sum(quantity) AS used, sum(cost) AS cost, min(at) AS first, count(*) FILTER (WHERE cost != 0"
    " AND cost != quantity * coalesce(CAST(CAST(:prices AS jsonb) ->> dimension AS numeric), :price)) AS odd"
    " FROM usage_events WHERE meter = :meter AND at >= :since AND id > :after AND id <= :last GROUP BY dimension ORDER BY dimension"
)
_STRADDLING = 2
"""Of the events of a line so many may cost a part of their price: in each of its calendar months the one that used up the rest."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the events of a line begin: those of a meter that happened ``since`` and became known after one of them; ``skip`` of
    their costs stands on lines before."""

    meter: str
    since: datetime
    after: UUID
    skip: Decimal
    begins: int

    def last(self, amount: Decimal, until: int) -> UUID | None:
        """The last event of those that cost so much."""
        asked = {"meter": self.meter, "since": self.since, "after": self.after, "amount": amount}
        found: UUID | None = db.session.scalar(_LAST, {**asked, "until": id_at(datetime.fromtimestamp(until, UTC))})
        return found


def with_use(line: Mapping[str, Any], invoice: Invoice) -> dict[str, Any]:
    """A line of use with what is ``charged`` by it, the ``use`` that makes the sum, and the beginning of the time in which that was
    counted. Where it cannot be told to the minor unit, ``use`` is empty."""
    stored = get_standing().config.get(CHARGED)
    found = None if is_weighed(line["sells"]) or not stored else _behind(line, invoice, Charging.read(stored))
    return {**line, "use": {}, **(found or {})}


def _behind(line: Mapping[str, Any], invoice: Invoice, charging: Charging) -> dict[str, Any] | None:
    place, amount = _begin(line, invoice, charging), Decimal(line["quantity"] or 0) / MILLION
    after = place.last(place.skip, place.begins) if place.skip else place.after
    last = place.last(place.skip + amount, line["end"])
    if after is None or last is None:
        return None
    rating = entitlements().rating(place.meter)
    prices = json.dumps({name: str(price) for name, price in rating.prices.items()})
    asked = {"meter": place.meter, "since": place.since, "after": after, "last": last}
    rows = db.session.execute(_SUMS, {**asked, "price": rating.price or 0, "prices": prices}).all()
    used, cost = (sum((getattr(row, name) for row in rows), Decimal(0)) for name in ("used", "cost"))
    if not rows or abs(cost - amount) * MILLION * price_of_millionth(invoice.currency) > 1:
        return None
    use = {"used": _plain(used)}
    if rating.per > 1 or sum(row.odd for row in rows) <= _STRADDLING:
        use |= _by_kind(rows, rating.prices) if rating.prices else _priced(used, cost, rating.price, rating.per)
    charged = Charged(min(row.first for row in rows), after, last).written
    return {"use": use, "charged": charged, "start": place.begins}


def _by_kind(rows: Sequence[Any], prices: Mapping[str, Decimal]) -> dict[str, Any]:
    """The same where prices go by the kind of use; nothing if one of them does not lead to its sum."""
    kinds = [{"kind": row.dimension, **_priced(row.used, row.cost, prices.get(row.dimension), 1)} for row in rows]
    if not all("price" in kind for kind in kinds):
        return {}
    included = sum(Decimal(kind.pop("included")) for kind in kinds)
    return {"included": _plain(Decimal(included)), "kinds": [kind for kind in kinds if kind["beyond"] != "0"]}


def _begin(line: Mapping[str, Any], invoice: Invoice, charging: Charging) -> _Place:
    """Behind the newest line before whose events are known."""
    meter, skip, begins = line["sells"], Decimal(0), 0
    for before in _lines_before(meter, invoice, charging.since):
        begins = begins or before["end"]
        if "charged" in before:
            after = Charged.read(before["charged"])
            assert after is not None
            return _Place(meter, charging.since, after.last, skip, begins)
        skip += Decimal(before["quantity"] or 0) / MILLION
    return _Place(meter, charging.since, UUID(int=0), skip, begins or int(charging.since.timestamp()))


def _lines_before(meter: str, invoice: Invoice, since: datetime) -> Iterator[Mapping[str, Any]]:
    same = {"lines": [{"kind": "use", "sells": meter}]}
    earlier = select(Invoice.facts["lines"]).where(Invoice.facts.contains(same), Invoice.id != invoice.id)
    earlier = earlier.where(Invoice.created_at >= since, Invoice.created_at <= invoice.created_at)
    for lines in db.session.scalars(earlier.order_by(Invoice.created_at.desc(), Invoice.id.desc())):
        yield from (one for one in lines if (one.get("kind"), one.get("sells")) == ("use", meter))


def _priced(used: Decimal, cost: Decimal, price: Decimal | None, per: int) -> dict[str, Any]:
    """How much was included and how much charged at one price; nothing where there is no such price."""
    if not price:
        return {}
    beyond = cost / price
    if beyond * price != cost or beyond < 0:
        return {}
    if per > 1:
        return {"packages": _plain(beyond), "price": _plain(price), "per": per}
    return (
        {"included": _plain(used - beyond), "beyond": _plain(beyond), "price": _plain(price)} if beyond <= used else {}
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"
