"""What holds by when of an invoice that failed: when Stripe tries again, and when the organisation is suspended over it."""

from datetime import datetime, timedelta

from saas.billing.facts import moment
from saas.billing.models import Invoice
from saas.core.clock import now
from saas.core.runtime import settings


def stops_at(invoice: Invoice) -> datetime:
    """When the organisation is suspended over an invoice that failed."""
    assert invoice.failed_at is not None
    return invoice.failed_at + timedelta(days=settings().auto_suspend_days)


def stops_ahead(invoice: Invoice) -> datetime | None:
    """The same; None where that day is over: what was paid since keeps the organisation open."""
    at = stops_at(invoice)
    return at if at > now() else None


def days_until_stop(invoice: Invoice) -> int:
    """In how many days the organisation is suspended over an invoice that failed; zero or less: now."""
    assert invoice.failed_at is not None
    return settings().auto_suspend_days - (now() - invoice.failed_at).days


def next_try(invoice: Invoice) -> datetime | None:
    """When Stripe charges an invoice that failed once more by itself; None where the organisation is suspended before, as nobody
    should wait for that."""
    at = moment(invoice.facts["next_try"])
    return at if at and invoice.failed_at and now() < at < stops_at(invoice) else None
