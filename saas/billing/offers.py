"""Offers: a price that was agreed on with one organisation. It stands in the organisation's own config, so that nobody else can
name it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from saas.catalogue.terms import Terms
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.tenancy.entitlements import terms_of
from saas.tenancy.standing import get_standing

OFFER = "billing_offer"
"""The key in an organisation's config that holds its offer; empty once that is taken back."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan in a version, paid each “month” or “year”: ``amount`` in minor units of the currency, ``price`` is its id at Stripe.

    It can be taken up to and including the moment ``until``.
    """

    plan: str
    version: str
    cycle: str
    amount: int
    currency: str
    price: str
    until: datetime
    note: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """The offer as a config has it."""
        return cls(**{**stored, "until": datetime.fromisoformat(stored["until"])})

    def stored(self) -> dict[str, Any]:
        """The offer as a config has it."""
        return {**asdict(self), "until": self.until.isoformat()}

    @property
    def is_good(self) -> bool:
        """Whether it can still be taken."""
        return now() <= self.until

    @property
    def terms(self) -> Terms:
        """What is sold under it."""
        return terms_of(self.plan, self.version)


def get_offer() -> Offer | None:
    """What the organisation in scope was offered, also when that is over; None when nothing was, or it was taken back."""
    stored = get_standing().config.get(OFFER)
    return Offer.read(stored) if stored else None


def require_offer(price: str) -> Offer:
    """The offer of the organisation in scope with this price, if it can be taken; raises Invalid."""
    offer = get_offer()
    if offer is None or offer.price != price:
        raise Invalid("There is no such offer, or it was taken back.", field="offer")
    if not offer.is_good:
        raise Invalid(f"This offer was good until {offer.until:%Y-%m-%d}. Ask us for a new one.", field="offer")
    return offer
