"""How values are written for people: filters of the templates.

Words are English, as the pages are; order and signs are those of the organisation's language (``saas.tenancy.locales``).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from babel.numbers import format_decimal, format_percent, get_currency_precision
from flask import g, has_request_context

from saas.catalogue import words
from saas.core.clock import now
from saas.tenancy.directory import Entry
from saas.tenancy.locales import ENGLISH, day_in, locale_of, time_in


def _entry() -> Entry | None:
    return g.visit.arrival.tenant if has_request_context() and "visit" in g else None


def language() -> str:
    """The language whose conventions this page keeps."""
    entry = _entry()
    return entry.language if entry else "en"


def _here(moment: datetime) -> datetime:
    entry = _entry()
    return moment.astimezone(ZoneInfo(entry.time_zone) if entry else UTC)


def as_datetime(moment: datetime | None, style: Literal["medium", "short"] = "medium") -> str:
    """A moment in the organisation's time zone, ``short`` without seconds; an em dash for none."""
    if moment is None:
        return "—"
    return f"{day_in(language(), _here(moment))}, {time_in(language(), _here(moment), style)}"


def as_date(moment: datetime | None, style: Literal["long", "medium", "short"] = "medium") -> str:
    """The day of a moment in the organisation's time zone; an em dash for none."""
    return "—" if moment is None else day_in(language(), _here(moment).date(), style)


def as_day(moment: datetime | None, style: Literal["long", "medium", "short"] = "medium") -> str:
    """The day of a moment in UTC, which is what months of use are counted by; an em dash for none."""
    return "—" if moment is None else day_in(language(), moment.astimezone(UTC).date(), style)


def ago(moment: datetime | None) -> str:
    """How long ago, in words."""
    if moment is None:
        return "never"
    distance = moment - now()
    if abs(distance.total_seconds()) < 45:
        return "just now"
    return str(format_timedelta(distance, add_direction=True, locale=ENGLISH))


def in_days(moment: datetime) -> str:
    """How far a day of the organisation's is, in words: ``today``, ``tomorrow``, ``in 5 days``; today for what is over."""
    days = (_here(moment).date() - _here(now()).date()).days
    return f"in {days} days" if days > 1 else "tomorrow" if days == 1 else "today"


def number(value: float | int | Decimal | None, pattern: str | None = None) -> str:
    """A number with the language's signs; ``pattern`` is one of Unicode's, such as ``0.0``."""
    return "—" if value is None else str(format_decimal(value, pattern, locale=locale_of(language())))


def percent(share: float | None) -> str:
    """A share of 1 in whole percents."""
    return "—" if share is None else str(format_percent(share, locale=locale_of(language())))


def duration(milliseconds: float | None) -> str:
    """A duration given in milliseconds: ms below a second, then seconds, minutes, hours."""
    if milliseconds is None:
        return "—"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{number(seconds, '0.0')} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def as_bytes(size: int) -> str:
    """A number of bytes in units of 1000."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{number(amount, '0' if units[0] == 'B' else '0.0')} {units[0]}"


def amount(quantity: Decimal | int | None, meter: str) -> str:
    """So much of a meter with its unit: ``3 people``; none is unlimited."""
    return words.amount_of(meter, quantity, locale=locale_of(language()))


def money(amount: Decimal, currency: str, *, exact: bool = False, whole: bool = False) -> str:
    """A sum of money, rounded to what its currency has (less than that is “< €0.01”); ``exact`` with all its decimals,
    ``whole`` without any where they are zero."""
    least = Decimal(1).scaleb(-get_currency_precision(currency))
    tiny = 0 < amount < least and not exact
    told = words.money(
        least if tiny else amount, currency=currency, locale=locale_of(language()), exact=exact, whole=whole
    )
    return f"< {told}" if tiny else told


def iso(moment: datetime) -> str:
    """A moment for the datetime attribute of a time element, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


FILTERS = {
    "datetime": as_datetime,
    "date": as_date,
    "day": as_day,
    "ago": ago,
    "in_days": in_days,
    "number": number,
    "percent": percent,
    "duration": duration,
    "bytes": as_bytes,
    "amount": amount,
    "money": money,
    "iso": iso,
}
