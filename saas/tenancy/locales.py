"""Languages and time zones that an organisation can choose.

The interface is English: every word is. An organisation's language decides what is written without words, which is the
order of day, month and year, and the signs that part digits. English names the month, 4 March 2026; the other languages
write it in digits, 4.3.2026.
"""

from datetime import date, datetime
from functools import cache
from typing import Literal
from zoneinfo import available_timezones

from babel.dates import format_date, format_skeleton, format_time

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
}
"""Languages that dates and numbers can be written in."""

ENGLISH = "en_GB"
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> tuple[str, ...]:
    """Names of time zones by region and place, and UTC; sorted."""
    placed = (name for name in available_timezones() if name.partition("/")[0] in REGIONS and "/" in name)
    return ("UTC", *sorted(placed))


def locale_of(language: str) -> str:
    """The locale whose conventions a language means; English is that of Britain. Its words are for English alone."""
    return ENGLISH if language == "en" else language


def day_in(language: str, day: date, style: Literal["long", "medium", "short"] = "medium") -> str:
    """A day as the language writes it; ``long`` has the month's whole name where it has one, ``short`` no year."""
    if language == "en":
        return str(format_date(day, "d MMM" if style == "short" else style, locale=ENGLISH))
    return str(format_skeleton("Md" if style == "short" else "yMd", day, locale=locale_of(language)))


def time_in(language: str, moment: datetime, style: Literal["medium", "short"] = "short") -> str:
    """The time of day as the language writes it, in the moment's own zone; ``medium`` has seconds."""
    return str(format_time(moment, style, locale=locale_of(language)))
