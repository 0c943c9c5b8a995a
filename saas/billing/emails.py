"""Mail about money of the tenant in scope: one shape, a title, some sentences, and a button to the page that helps."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from saas.billing.deadlines import next_try, stops_at
from saas.billing.details import get_details
from saas.billing.facts import card_words
from saas.billing.lines import days_of
from saas.billing.models import Invoice, Subscription
from saas.billing.module import VIEW
from saas.billing.money import major_units
from saas.billing.offers import Offer
from saas.billing.prices import OFFERED, PLAN
from saas.catalogue.current import catalogue
from saas.catalogue.words import money
from saas.core.clock import now
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.members.queries.audience import list_holders
from saas.plans.module import CHANGE
from saas.tenancy.directory import Entry, directory
from saas.tenancy.entitlements import entitlements, terms_of
from saas.tenancy.locales import day_in, locale_of
from saas.tenancy.standing import get_standing

_PAY = "Charge it again, or use another card: then everything goes on as before."


def send_began(subscription: Subscription) -> None:
    """That the subscription has begun: what it costs, when that is charged, and how to cancel."""
    plan, trying = _label(subscription), subscription.status == "trialing"
    paid = subscription.status == "active" and subscription.period_start and subscription.amount
    sentences = [
        f"The subscription to {plan} has begun. It costs {_price(subscription)}.",
        f"It was charged first on {_day(subscription.period_start)}." if paid and subscription.period_start else "",
        _charges(subscription),
    ]
    if not subscription.cancel_at:
        out = "with the trial, and nothing is charged" if trying else "with what is paid"
        sentences.append(f"To cancel, open billing and choose “Cancel”: then it ends {out}.")
    _send(f"Thank you: {{organisation}} has the plan {plan}", sentences)


def send_changed(subscription: Subscription, *, charged: int, resumed: bool) -> None:
    """That the organisation has another plan, or pays otherwise; ``charged`` at once for it, in minor units."""
    _send(
        f"{{organisation}} has the plan {_label(subscription)} now, paid each {subscription.cycle}",
        [
            f"It costs {_price(subscription)}.",
            f"For the change {told(charged, subscription.currency)} was charged at once." if charged > 0 else "",
            "With it the cancellation is taken back." if resumed else "",
            _charges(subscription),
        ],
    )


def send_planned(subscription: Subscription) -> None:
    """That another plan waits for the end of what is paid: from when on, and what it costs."""
    then, kept = subscription.next, _label(subscription)
    plan, day = terms_of(then["plan"], "").label, _day(datetime.fromtimestamp(then["at"], UTC))
    price = told(then["amount"], subscription.currency)
    _send(
        f"{{organisation}} changes to {plan}, paid each {then['cycle']}, on {day}",
        [
            f"From then on it costs {price} a {then['cycle']}, without taxes. Nothing is charged for the change.",
            f"Until then everything stays as it is with {kept}.",
            f"To take it back, open billing before that day and choose “Keep {kept}”.",
        ],
    )


def send_kept(subscription: Subscription) -> None:
    """That no change waits any more."""
    plan = _label(subscription)
    said = f"The change that was to come is taken back. {plan} goes on for {_price(subscription)}."
    _send(f"{{organisation}} keeps the plan {plan}", [said, _charges(subscription)])


def send_cancelled(subscription: Subscription) -> None:
    """That the subscription is cancelled: until when it runs, what comes then, and how to take it back."""
    assert subscription.cancel_at is not None
    plan, day, free = _label(subscription), _day(subscription.cancel_at), catalogue().free_plan
    after = (
        f"Then the organisation goes on with the plan {catalogue().plans[free].label}, which costs nothing."
        if free
        else f"Then everything stays open for {settings().auto_suspend_days} more days in which to choose a plan."
    )
    _send(
        f"The subscription of {{organisation}} ends on {day}",
        [
            f"{plan} is cancelled. Until {day} everything stays as it is; no further {subscription.cycle} is charged.",
            f"{after} Nothing is deleted.",
            "To take it back, open billing before that day and choose “Keep the subscription”.",
        ],
    )


def send_resumed(subscription: Subscription) -> None:
    """That a cancellation is taken back."""
    said = f"It is not cancelled any more: {_label(subscription)} goes on for {_price(subscription)}."
    _send("The subscription of {organisation} goes on", [said, _charges(subscription)])


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


def send_receipt(invoice: Invoice, card: Mapping[str, Any], *, recovered: bool) -> None:
    """That an invoice is paid: for what time, when and how; ``recovered`` after a payment had failed. The card is named where it
    is ``card``, the one that is on file: of others nothing is known."""
    total, credit = told(invoice.total, invoice.currency), -invoice.facts["balance"]
    made = [one for one in invoice.facts["payments"] if one["status"] == "paid"]
    by = f" to {card_words(card)}" if card and made and all(one["method"] == card["id"] for one in made) else ""
    charged = f"{told(invoice.paid, invoice.currency)} was {'charged' + by if by else 'paid'}"
    _send(
        "{organisation} is paid up" if recovered else f"Receipt for {{organisation}}: invoice {invoice.number}",
        [
            f"The invoice {invoice.number} over {total} is paid. Thank you.",
            _time_of(invoice),
            f"{charged} on {_day(invoice.paid_at or now())}." if invoice.paid > 0 else "",
            f"{told(credit, invoice.currency)} came from credit of before." if credit > 0 else "",
            "On its page it can be downloaded as a PDF.",
        ],
        path=_page(invoice),
        action="See the invoice",
    )


def send_due(invoice: Invoice) -> None:
    """That there is an invoice which is not charged by itself, and by when to pay it."""
    assert invoice.due_at is not None
    due = told(invoice.due, invoice.currency)
    _send(
        f"An invoice for {{organisation}}: {invoice.number}",
        [
            f"The invoice {invoice.number} over {due} is to be paid by {_day(invoice.due_at)}.",
            _time_of(invoice),
            "It is not charged by itself. On its page it can be paid, and downloaded as a PDF.",
        ],
        path=_page(invoice),
        action="See and pay the invoice",
    )


def send_failed(invoice: Invoice, *, first: bool) -> None:
    """That an invoice could not be charged, and what happens when nobody does anything."""
    what = f"The invoice {invoice.number} over {told(invoice.due, invoice.currency)}"
    said = f"{what} could not be charged." if first else f"{what} is still not paid."
    at, stops = next_try(invoice), stops_at(invoice)
    again = f"The card on file is tried again on {_day(at)}." if at else ""
    rest = (
        f"Unless it is paid, {{organisation}} is suspended on {_day(stops)}; nothing is deleted."
        if stops > now()
        else ""
    )
    _send("A payment of {organisation} failed", [said, _PAY, again, rest], path=_page(invoice), action="Pay now")


def send_stopped(invoice: Invoice) -> None:
    """That the organisation is suspended until it pays."""
    said = f"The invoice {invoice.number} over {told(invoice.due, invoice.currency)} was not paid in time."
    ways = "Nothing is deleted. As soon as it is paid, everything is open again."
    _send("{organisation} is suspended", [said, ways], path=_page(invoice), action="Pay now")


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


def _label(subscription: Subscription) -> str:
    return terms_of(subscription.plan, subscription.version).label


def _price(subscription: Subscription) -> str:
    return f"{told(subscription.amount, subscription.currency)} a {subscription.cycle}, without taxes"


def _charges(subscription: Subscription) -> str:
    """When the subscription is charged next, or ends."""
    if subscription.cancel_at:
        return f"It ends on {_day(subscription.cancel_at)}."
    if subscription.status == "trialing" and subscription.trial_ends_at:
        return (
            f"It is tried until {_day(subscription.trial_ends_at)}. On that day the card is charged for the first time."
        )
    if subscription.period_end is None:
        return ""
    return (
        f"This period runs until {_day(subscription.period_end)}. On that day the next {subscription.cycle} is charged."
    )


def _time_of(invoice: Invoice) -> str:
    """For what time an invoice is, in UTC days as its page and PDF have them: that of the plan, where it charges one."""
    lines = invoice.facts["lines"]
    lines = [line for line in lines if line["kind"] in (PLAN, OFFERED) and line["amount"] > 0] or lines
    days = [day for line in lines for day in days_of(line)]
    if not days or min(days) == max(days):
        return ""
    since, until = (day_in(_entry().language, day, "long") for day in (min(days), max(days)))
    return f"It is for the time from {since} to {until}."


def _day(at: datetime) -> str:
    """The day of a moment as the organisation's pages write it."""
    entry = _entry()
    return day_in(entry.language, at.astimezone(ZoneInfo(entry.time_zone)).date(), "long")


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
    title, *sentences = (one.replace("{organisation}", entry.name) for one in (title, *sentences) if one)
    for address in _readers() if readers is None else readers:
        mail = render_mail(
            "billing",
            to=address,
            organisation=entry,
            support_address=entry.support_address or settings().support_address,
            link=settings().public_url(entry.host, path),
            title=title,
            sentences=sentences,
            action=action,
        )
        runtime().postbox.enqueue(mail)


def _readers() -> list[str]:
    """The billing addresses that the organisation names, else those of its people who may see bills."""
    named = get_details().emails
    return list(dict.fromkeys(named or (reader.email for reader in list_holders(VIEW))))
