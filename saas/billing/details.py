"""Billing details: to whom invoices are made out, and who gets them."""

from dataclasses import asdict, dataclass
from typing import Any

from saas.billing.papers.facts import Party
from saas.core.marks import mark_of
from saas.tenancy.standing import get_standing

CONFIG = "billing_details"
"""The key in an organisation's config under which its details are kept."""
MOST_EMAILS = 5


@dataclass(frozen=True, slots=True)
class Details:
    """What stands on the organisation's invoices. ``country`` is ISO 3166-1 alpha-2; all is empty until somebody enters it."""

    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""
    vat_id: str = ""
    po_number: str = ""
    emails: tuple[str, ...] = ()

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Details":
        """The details as they were kept; what is not known any more is left out."""
        known = {name: stored[name] for name in cls.__slots__ if name in stored}
        return cls(**{**known, "emails": tuple(known.get("emails", ()))})

    def stored(self) -> dict[str, Any]:
        """As they are kept."""
        return {**asdict(self), "emails": list(self.emails)}

    @property
    def complete(self) -> bool:
        """Whether they suffice for an invoice."""
        return bool(self.company and self.line1 and self.city and self.country)

    @property
    def version(self) -> str:
        """What differs after each change."""
        return mark_of(*self.stored().items())

    @property
    def party(self) -> Party:
        """Who buys, as papers name it; the first of the addresses stands on it."""
        lines = tuple(filter(None, (self.line1, self.line2)))
        email = self.emails[0] if self.emails else ""
        return Party(self.company, lines, self.city, self.postcode, self.region, self.country, email, self.vat_id)


def get_details() -> Details:
    """The details of the tenant in scope."""
    return Details.read(get_standing().config.get(CONFIG, {}))
