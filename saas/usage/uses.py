"""A use: what somebody says was used, checked."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from saas.catalogue.current import catalogue
from saas.catalogue.terms import LARGEST, Kind
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.usage.kept import kept_since

LONGEST_TEXT = 200
AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""
_FINEST = -12
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_OUTCOMES = ("", "ok", "failed")


@dataclass(frozen=True, slots=True)
class Use:
    """So much of a meter, used ``at`` a moment (UTC; now by default). See ``saas.usage.models.UsageEvent`` for the rest."""

    meter: str
    quantity: Decimal | int = 1
    dimension: str = ""
    resource: str = ""
    module: str = ""
    outcome: str = ""
    duration_ms: int | None = None
    key: str | None = None
    at: datetime | None = None
    user_id: UUID | None = None


def read_quantity(value: Any) -> Decimal:
    """A quantity as somebody wrote it; raises Invalid for what is no finite number."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise InvalidOperation
        if not _NUMBER.fullmatch(text := str(value).strip()):
            raise InvalidOperation
        quantity = Decimal(text)
        if not quantity.is_finite() or abs(quantity) >= LARGEST or quantity.as_tuple().exponent < _FINEST:  # type: ignore[operator]  # of a finite number it is an int
            raise InvalidOperation
    except InvalidOperation:
        raise Invalid("Give a number below 10¹⁵ with at most twelve decimals.", field="quantity") from None
    return quantity


def check_use(use: Use, *, since: datetime | None = None) -> Use:
    """The use as it is recorded; raises Invalid. ``since`` is when the organisation was founded.

    A meter that counts what stands is counted there, not recorded; only storage can be given back.
    """
    meter = catalogue().meters.get(use.meter)
    if meter is None:
        raise Invalid(f"There is no meter “{_cut(use.meter)}”. Choose one of: {_recorded()}.", field="meter")
    if meter.kind is Kind.COUNT:
        raise Invalid(f"“{use.meter}” is counted by itself. Choose one of: {_recorded()}.", field="meter")
    quantity = read_quantity(use.quantity)
    if meter.whole and quantity != quantity.to_integral_value():
        raise Invalid("This is counted in whole numbers.", field="quantity")
    if quantity == 0 or (quantity < 0 and meter.kind is not Kind.STORAGE):
        raise Invalid("Give a quantity above zero.", field="quantity")
    _check_texts(use)
    _check_moment(use.at, since)
    return use


def _check_texts(use: Use) -> None:
    for field in ("dimension", "resource", "module", "key"):
        text = getattr(use, field)
        if text and (len(text) > LONGEST_TEXT or not text.isprintable()):
            raise Invalid(f"Use at most {LONGEST_TEXT} printable characters.", field=field)
    if use.key == "":
        raise Invalid("Leave the key out, or give one.", field="key")
    if use.outcome not in _OUTCOMES:
        raise Invalid("Say “ok” or “failed”, or nothing.", field="outcome")
    if use.duration_ms is not None and not 0 <= use.duration_ms < 2**31:
        raise Invalid("Give the milliseconds it took, from 0 up.", field="duration_ms")


def _check_moment(at: datetime | None, since: datetime | None) -> None:
    if at is None:
        return
    if at.tzinfo is None:
        raise Invalid("Say in which time zone: 2027-01-31T09:30:00Z.", field="at")
    if at < kept_since():
        raise Invalid("This is too long ago to be counted.", field="at")
    if at > now() + AHEAD:
        raise Invalid("This lies in the future.", field="at")
    if since is not None and at < since:
        raise Invalid("This was before the organisation was founded.", field="at")


def _recorded() -> str:
    return ", ".join(name for name, meter in catalogue().meters.items() if meter.kind is not Kind.COUNT)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
