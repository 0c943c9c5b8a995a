"""Countries by their ISO 3166-1 codes."""

from functools import cache
from unicodedata import combining, normalize

from babel import Locale

_EU = "AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_NONE = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ"

EU = frozenset(_EU.split())
"""Member states of the European Union."""
_NO_COUNTRIES = frozenset(_NONE.split())
"""Codes that stand for groups, for parts of others or for nothing."""


@cache
def countries() -> dict[str, str]:
    """Every country's English name by its code, in the order of the names."""
    known = Locale.parse("en_GB").territories
    named = {code: str(name) for code, name in known.items() if code.isalpha() and code not in _NO_COUNTRIES}
    return dict(sorted(named.items(), key=lambda one: _plain(one[1])))


def country_name(code: str) -> str:
    """What a country is called in English; the code itself where none is known."""
    return countries().get(code, code)


def _plain(name: str) -> str:
    return "".join(sign for sign in normalize("NFD", name) if not combining(sign)).casefold()
