"""How values are written for people: filters of the templates."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import g

from saas.core.clock import now
from saas.tenancy.locales import locale_of


def _place() -> tuple[str, ZoneInfo]:
    entry = g.visit.arrival.tenant if "visit" in g else None
    if entry is None:
        return locale_of("en"), ZoneInfo("UTC")
    return locale_of(entry.language), ZoneInfo(entry.time_zone)


def as_datetime(moment: datetime | None, style: str = "medium") -> str:
    """A moment in the organisation's time zone and language; an em dash for none."""
    if moment is None:
        return "—"
    language, zone = _place()
    return str(format_datetime(moment, style, tzinfo=zone, locale=language))


def as_date(moment: datetime | None, style: str = "medium") -> str:
    """The day of a moment in the organisation's time zone and language."""
    if moment is None:
        return "—"
    language, zone = _place()
    return str(format_date(moment.astimezone(zone), style, locale=language))


def ago(moment: datetime | None) -> str:
    """How long ago, in words."""
    if moment is None:
        return "never"
    distance = moment - now()
    if abs(distance.total_seconds()) < 45:
        return "just now"
    return str(format_timedelta(distance, add_direction=True, locale=_place()[0]))


def number(value: float | int | None) -> str:
    """A number with the language's separators."""
    return "—" if value is None else str(format_decimal(value, locale=_place()[0]))


def duration(milliseconds: float | None) -> str:
    """A duration given in milliseconds: ms below a second, then seconds, minutes, hours."""
    if milliseconds is None:
        return "—"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def as_bytes(size: int) -> str:
    """A number of bytes in units of 1000."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def iso(moment: datetime) -> str:
    """A moment for the datetime attribute of a time element, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


FILTERS = {
    "datetime": as_datetime,
    "date": as_date,
    "ago": ago,
    "number": number,
    "duration": duration,
    "bytes": as_bytes,
    "iso": iso,
}
