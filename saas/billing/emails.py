"""Mail about money of the tenant in scope: one shape, a title, some sentences, and a button to the page that helps."""

from collections.abc import Sequence
from datetime import datetime

from saas.billing.details import get_details
from saas.billing.models import Invoice
from saas.billing.module import VIEW
from saas.billing.money import major_units
from saas.billing.offers import Offer
from saas.catalogue.words import money
from saas.core.clock import now
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.members.queries.audience import list_holders
from saas.plans.module import CHANGE
from saas.tenancy.directory import Entry, directory
from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import day_in, locale_of
from saas.tenancy.standing import get_standing

_PAY = "Charge it again, or use another card: then everything goes on as before."


def send_began() -> None:
    """That the subscription has begun."""
    plan = entitlements().terms.label
    _send(f"Thank you: {{organisation}} has the plan {plan}", [f"The subscription to {plan} has begun."])


def send_ended() -> None:
    """That the subscription is over, and what comes."""
    standing, days = get_standing(), settings().auto_suspend_days
    after = (
        f"Everything stays open for {days} more days. Choose a plan in this time; nothing is deleted."
        if standing.status == "past_due"
        else f"It goes on with the plan {entitlements().terms.label}, which costs nothing. Nothing was deleted."
    )
    _send("The subscription of {organisation} has ended", [after], path="/plan", action="Compare plans")


def send_trial_converts(ends_at: datetime, amount: int, currency: str) -> None:
    """That the trial ends, and what is charged then."""
    sum_ = told(amount, currency)
    _send(
        f"The trial of {{organisation}} ends on {_day(ends_at)}",
        [
            f"Then {sum_} is charged to the card that is on file, and the plan goes on without a break.",
            "Who does not want that cancels before.",
        ],
    )


def send_failed(invoice: Invoice, *, days_left: int, first: bool) -> None:
    """That an invoice could not be charged, and what happens when nobody does anything."""
    what = f"The invoice {invoice.number} over {told(invoice.due, invoice.currency)}"
    said = f"{what} could not be charged." if first else f"{what} is still not paid."
    rest = (
        f"In {days_left} days the organisation is suspended; nothing is deleted."
        if days_left > 1
        else ("Tomorrow the organisation is suspended; nothing is deleted." if days_left == 1 else "")
    )
    _send("A payment of {organisation} failed", [said, _PAY, rest], path=_page(invoice), action="Pay now")


def send_stopped(invoice: Invoice) -> None:
    """That the organisation is suspended until it pays."""
    said = f"The invoice {invoice.number} over {told(invoice.due, invoice.currency)} was not paid in time."
    ways = "Nothing is deleted. As soon as it is paid, everything is open again."
    _send("{organisation} is suspended", [said, ways], path=_page(invoice), action="Pay now")


def send_recovered(invoice: Invoice) -> None:
    """That an invoice that had failed is paid."""
    said = f"The invoice {invoice.number} over {told(invoice.total, invoice.currency)} is paid. Thank you."
    _send("{organisation} is paid up", [said], path=_page(invoice), action="See the invoice")


def send_offer(offer: Offer) -> None:
    """What we offer, to those who may take it."""
    said = f"We offer {_entry().name} the plan {offer.terms.label} for {told(offer.amount, offer.currency)}"
    _send(
        f"An offer for {{organisation}}: {offer.terms.label}",
        [
            f"{said} a {offer.cycle}, without taxes. The offer is good until {_day(offer.until)}.",
            offer.note,
        ],
        path="/plan",
        action="See the offer",
        readers=[reader.email for reader in list_holders(CHANGE)],
    )


def told(units: int, currency: str) -> str:
    """A sum in the organisation's language."""
    return money(major_units(units, currency), currency=currency, locale=locale_of(_entry().language))


def _page(invoice: Invoice) -> str:
    return f"/billing/invoices/{invoice.id}"


def _day(at: datetime) -> str:
    return day_in(_entry().language, at.date(), "long")


def _entry() -> Entry:
    entry = directory.by_id(current_tenant_id())
    assert entry is not None
    return entry


def _send(
    title: str,
    sentences: Sequence[str],
    *,
    path: str = "/billing",
    action: str = "Open billing",
    readers: Sequence[str] | None = None,
) -> None:
    entry = _entry()
    title = title.replace("{organisation}", entry.name)
    for address in _readers() if readers is None else readers:
        mail = render_mail(
            "billing",
            to=address,
            organisation=entry,
            support_address=entry.support_address or settings().support_address,
            link=settings().public_url(entry.host, path),
            title=title,
            sentences=[sentence for sentence in sentences if sentence],
            action=action,
        )
        runtime().postbox.enqueue(mail)


def _readers() -> list[str]:
    """The billing addresses that the organisation names, else those of its people who may see bills."""
    named = get_details().emails
    return list(dict.fromkeys(named or (reader.email for reader in list_holders(VIEW))))


def days_until_stop(invoice: Invoice) -> int:
    """In how many days the organisation is suspended over an invoice that failed; zero or less: now."""
    assert invoice.failed_at is not None
    return settings().auto_suspend_days - (now() - invoice.failed_at).days
