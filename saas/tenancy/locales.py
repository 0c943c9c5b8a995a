"""Languages and time zones that an organisation can choose."""

from functools import cache
from zoneinfo import available_timezones

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
}
"""Languages that dates and numbers can be written in."""

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> tuple[str, ...]:
    """Names of time zones by region and place, and UTC; sorted."""
    placed = (name for name in available_timezones() if name.partition("/")[0] in REGIONS and "/" in name)
    return ("UTC", *sorted(placed))


def locale_of(language: str) -> str:
    """The locale in which an organisation's dates and numbers are written; English is that of Britain."""
    return "en_GB" if language == "en" else language
