"""How a list of invoices was asked for: the page, the CSV, the ZIP and programs read the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from saas.billing.queries.invoices import SORTABLE, STATUSES
from saas.web.pages import Listing


@dataclass(frozen=True, slots=True)
class AskedList:
    """Order and page, and the filters: what is not understood of them is none, and stands among the ``faults`` by its name."""

    listing: Listing
    status: str
    year: str
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> dict[str, str]:
        """What ``find_invoices`` takes."""
        return {"q": self.listing.q, "status": self.status, "year": self.year}

    @property
    def given(self) -> dict[str, str]:
        """The filters that are in force."""
        return {name: text for name, text in self.filters.items() if text}


def asked_list() -> AskedList:
    """How the request asks for it."""
    status, year = request.args.get("status", ""), request.args.get("year", "")
    faults = {}
    if status and status not in STATUSES:
        faults["status"] = f"Choose one of {', '.join(STATUSES)}."
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        faults["year"] = "Write a year as 2027."
    known = {name: "" if name in faults else text for name, text in (("status", status), ("year", year))}
    return AskedList(Listing.of_request(SORTABLE, "-date"), **known, faults=faults)
