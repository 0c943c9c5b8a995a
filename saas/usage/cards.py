"""What usage shows on an organisation's home."""

from collections.abc import Mapping
from typing import Any

from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.module import Card
from saas.tenancy.entitlements import entitlements
from saas.usage.levels import Level, get_levels
from saas.usage.module import VIEW

MOST_COUNTS, MOST_SHOWN = 3, 4
"""Counts of what stands cost a statement each, all others one together."""


def usage_card() -> Mapping[str, Any] | None:
    """The meters that are used up furthest, in four statements at most; nothing where nothing is bounded or used."""
    levels = [level for level in get_levels(_candidates()) if level.bound or level.used]
    levels.sort(key=_rank)
    return {"levels": levels[:MOST_SHOWN]} if levels else None


def _candidates() -> list[str]:
    granted, meters = entitlements(), catalogue().meters
    counts = [name for name, meter in meters.items() if meter.kind is Kind.COUNT and granted.limit(name)]
    return [name for name, meter in meters.items() if meter.kind is not Kind.COUNT] + counts[:MOST_COUNTS]


def _rank(level: Level) -> tuple[bool, float]:
    return not level.bound, -level.share


cards = (Card("usage.levels", "usage/card.html", usage_card, permission=VIEW, width=6, order=30),)
