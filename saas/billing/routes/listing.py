"""How the list of invoices was asked for: the page, the CSV and the ZIP read the same."""

from dataclasses import dataclass

from flask import request

from saas.billing.queries.invoices import SORTABLE, STATUSES
from saas.web.pages import Listing


@dataclass(frozen=True, slots=True)
class AskedList:
    """Order and page, and the filters: unknown values of them are none."""

    listing: Listing
    status: str
    year: str

    @property
    def filters(self) -> dict[str, str]:
        """What ``find_invoices`` takes."""
        return {"q": self.listing.q, "status": self.status, "year": self.year}


def asked_list() -> AskedList:
    """How the request asks for it."""
    status, year = request.args.get("status", ""), request.args.get("year", "")
    known_year = year if year.isascii() and year.isdigit() and len(year) == 4 else ""
    return AskedList(Listing.of_request(SORTABLE, "-date"), status if status in STATUSES else "", known_year)
