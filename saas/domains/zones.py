"""Registered names, by the Public Suffix List (https://publicsuffix.org) of the day the installed library was released.

They decide the words of advice, whether a CNAME or addresses are asked for, and which lookalikes are neighbours; never who owns
anything.
"""

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes(*, only_icann: bool) -> PublicSuffixList:
    """The list, read at the first question: it takes a seventh of a second."""
    return PublicSuffixList(only_icann=only_icann)


def zone_of(host: str) -> str:
    """The name that was registered, which a host belongs to: ``example.co.uk`` for ``portal.example.co.uk``."""
    return _suffixes(only_icann=True).privatesuffix(host) or host


def estate_of(host: str) -> str:
    """The name below which everything is one holder's: the zone, but one's own part of those that providers share out to many."""
    return _suffixes(only_icann=False).privatesuffix(host) or host


def is_registry(host: str) -> bool:
    """Whether a name is one below which anybody can register another."""
    return bool(_suffixes(only_icann=True).is_public(host))
