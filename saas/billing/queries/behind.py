"""What is behind a line of use: the events that it charges, how much they used and what of it cost; in the tenant's scope.

Stripe knows sums of money only, each of which we wrote down when we told it. A line charges the sums that were told in its time,
and a sum is of what became known since the one before. So the events of a line are those that became known between two moments
that are known. Storage and maxima are not charged by events.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text

from saas.billing.models import Invoice, UsageReport
from saas.billing.money import MILLION, price_of_millionth
from saas.billing.queries.use import CHARGED, Charging, is_weighed
from saas.catalogue.terms import Rating
from saas.core.clock import now
from saas.core.database import db
from saas.core.ids import id_at
from saas.tenancy.entitlements import entitlements
from saas.tenancy.standing import get_standing
from saas.usage.events import Charged

_counted_at = func.greatest(UsageReport.at, UsageReport.sent_at)
"""When a sum counts at Stripe: when it is told, or with the period that had begun there by then."""
_COST = text(
    "SELECT EXISTS (SELECT FROM usage_events WHERE meter = :meter AND at >= :since AND id > :after AND id <= :last AND cost != 0)"
)
_SUMS = text(
    "SELECT kind, sum(quantity) AS used, sum(cost) AS cost, min(at) AS first,"
    " count(*) FILTER (WHERE cost != 0 AND cost * :per = quantity * price) AS fit,"
    " count(*) FILTER (WHERE cost != 0 AND cost * :per != quantity * price AND"
    " (:per = 1 OR mod(cost, price) != 0 OR abs(cost / price - quantity / :per) >= 1)) AS odd"
    " FROM usage_events CROSS JOIN LATERAL (SELECT CASE WHEN :by_kind THEN dimension ELSE '' END AS kind) told"
    " CROSS JOIN LATERAL"
    " (SELECT nullif(coalesce(CAST(CAST(:prices AS jsonb) ->> kind AS numeric), CAST(:price AS numeric)), 0) AS price) rated"
    " WHERE meter = :meter AND at >= :since AND id > :after AND id <= :last GROUP BY kind ORDER BY kind"
)
"""What the events come to, kind by kind: how many of those that cost something cost just what so much costs by today's price, and
how many cost what they could not cost by it alone."""
_STRADDLING = 2
"""Of the events of a line so many may cost a part of their price: in each of its calendar months the one that used up the rest."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Events of a meter: those that happened ``since`` charging began and became known after one id, up to another."""

    meter: str
    since: datetime
    after: UUID
    last: UUID

    @property
    def asked(self) -> dict[str, Any]:
        return {"meter": self.meter, "since": self.since, "after": self.after, "last": self.last}

    def costs(self) -> bool:
        """Whether one of them costs anything."""
        return bool(db.session.scalar(_COST, self.asked))


def explained(line: Mapping[str, Any], invoice: Invoice) -> dict[str, Any]:
    """What is known of a line of use: what is ``charged`` by it, the ``use`` that makes the sum, and the ``start`` of the time in
    which that was counted. Where it cannot be told to the minor unit, ``use`` is empty, and nothing else is there."""
    stored = get_standing().config.get(CHARGED)
    charging = Charging.read(stored) if stored else None
    if charging is None or charging.subscription != invoice.facts["subscription"] or is_weighed(line["sells"]):
        return {"use": {}}
    meter = line["sells"]
    begins = _begin(line, invoice, charging)
    if begins is None:
        return {"use": {}}
    after, last = (_known_by(meter, moment, charging) for moment in (begins, _moment(line["end"])))
    span = _Span(meter, charging.since, after, last)
    rating = entitlements().rating(meter)
    prices = json.dumps({name: str(price) for name, price in rating.prices.items()})
    rated = {"by_kind": bool(rating.prices), "prices": prices, "price": rating.price, "per": rating.per}
    rows = db.session.execute(_SUMS, {**span.asked, **rated}).all()
    cost = sum((row.cost for row in rows), Decimal(0))
    off = abs(cost - Decimal(line["quantity"] or 0) / MILLION) * MILLION * price_of_millionth(invoice.currency)
    if not rows or off > 1:
        return {"use": {}}
    use = {"used": _plain(sum((row.used for row in rows), Decimal(0))), **_by_price(rows, rating, meter)}
    charged = Charged(min(row.first for row in rows), after, last).written
    return {"use": use, "charged": charged, "start": int(begins.timestamp())}


def _begin(line: Mapping[str, Any], invoice: Invoice, charging: Charging) -> datetime | None:
    """From when on a line counts: from the end of the one before, as its own beginning may be later, when Stripe learned its price;
    or from its own where that one was not seen. None where what was told since then is not what it charges."""
    meter, same = line["sells"], {"kind": "use", "sells": line["sells"]}
    asked = {"subscription": invoice.facts["subscription"], "lines": [same]}
    found = db.session.scalars(select(Invoice.facts["lines"]).where(Invoice.facts.contains(asked)))
    ends = [one["end"] for lines in found for one in lines if one.items() >= same.items()]
    before = max((end for end in ends if end < line["end"]), default=0)
    ours = _told(meter, charging) & (_counted_at < _moment(line["end"]))
    for begins in (max(_moment(before), charging.since), _moment(line["start"])):
        told = db.session.scalar(select(func.sum(UsageReport.amount)).where(ours, _counted_at >= begins))
        if (told or 0) == (line["quantity"] or 0):
            return begins
    return None


def _told(meter: str, charging: Charging) -> ColumnElement[bool]:
    """What Stripe was told of a meter under the subscription."""
    about = (UsageReport.meter == meter, UsageReport.created_at >= charging.since, UsageReport.sent_at.is_not(None))
    return and_(*about)


def _known_by(meter: str, moment: datetime, charging: Charging) -> UUID:
    """Up to which id what became known is charged before a moment. What costs nothing belongs to the time in which it became
    known; so it goes up to the moment itself where nothing that costs came behind the last sum that was told."""
    told = select(UsageReport.created_at).where(_told(meter, charging), _counted_at < moment)
    written = db.session.scalar(told.order_by(UsageReport.id.desc()).limit(1))
    known = id_at(written) if written else UUID(int=0)
    end = max(known, id_at(min(moment, now())))
    return known if _Span(meter, charging.since, known, end).costs() else end


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _by_price(rows: Sequence[Any], rating: Rating, meter: str) -> dict[str, Any]:
    """What of the use was included and what the rest costs by today's rating; nothing where the events do not bear that out, as
    they may have been charged by another."""
    priced = [_priced(row, rating.prices.get(row.kind, rating.price), rating.per) for row in rows]
    if not all(priced):
        return {}
    included = sum((one["included"] for one in priced), Decimal(0))
    fit = all(row.fit for row in rows if row.cost) and any(row.fit for row in rows)
    if included != entitlements().included(meter) and not (fit and sum(row.odd for row in rows) <= _STRADDLING):
        return {}
    if rating.prices:
        kinds = [
            {"kind": row.kind, "beyond": _plain(one["beyond"]), "price": _plain(one["price"])}
            for row, one in zip(rows, priced, strict=True)
            if one["beyond"]
        ]
        return {"included": _plain(included), "kinds": kinds}
    beyond, price = priced[0]["beyond"], priced[0]["price"]
    if rating.per > 1:
        return {"packages": _plain(beyond / rating.per), "price": _plain(price), "per": rating.per}
    return {"included": _plain(included), "beyond": _plain(beyond), "price": _plain(price)}


def _priced(row: Any, price: Decimal | None, per: int) -> dict[str, Decimal]:
    """How much was included and how much charged at one price; nothing where that price does not lead to the sum."""
    packages = row.cost / price if price else Decimal(-1)
    beyond = packages * per
    exact = (
        price is not None and packages * price == row.cost and (per == 1 or packages == packages.to_integral_value())
    )
    if price is None or not exact or beyond < 0 or (per == 1 and beyond > row.used):
        return {}
    return {"included": row.used - beyond, "beyond": beyond, "price": price}


def _plain(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"
