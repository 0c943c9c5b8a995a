"""Dunning: people are written to on some days after a payment failed, then the organisation is suspended until it pays. The clock
is our own and runs from the first failure of the oldest invoice that is open; in the tenant's scope."""

from sqlalchemy import select

from saas.billing.deadlines import days_until_stop
from saas.billing.emails import send_failed, send_stopped, send_trial_converts
from saas.billing.models import Invoice, Subscription
from saas.billing.module import REMINDED, STOPPED
from saas.billing.operations.invoicing import STRIPE, target_of
from saas.billing.operations.settling import OVERDUE, stop
from saas.billing.queries.subscriptions import get_subscription
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import settings
from saas.core.scope import current_tenant_id
from saas.plans.trials import REMIND_DAYS
from saas.tenancy.config import keep
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_rights
from saas.tenancy.standing import forget_standing, lock_standing

TOLD = "billing_trial_told"


def watch() -> None:
    """Do what is due today: remind of what failed, suspend who did not pay, tell that a trial becomes a subscription."""
    lock_standing()
    owed = oldest_failing()
    if owed is not None:
        _stop(owed) if days_until_stop(owed) <= 0 and _is_late() else remind(owed)
    _tell_of_trial()


def _is_late() -> bool:
    """Whether Stripe, too, takes the subscription for unpaid: not while a later invoice was paid."""
    subscription = get_subscription()
    return subscription is not None and subscription.status in ("past_due", "unpaid")


def oldest_failing() -> Invoice | None:
    """The invoice whose payment has been failing for longest."""
    query = select(Invoice).where(Invoice.failed_at.is_not(None), Invoice.status == "open")
    return db.session.scalars(query.order_by(Invoice.failed_at, Invoice.id).limit(1)).one_or_none()


def remind(invoice: Invoice) -> None:
    """Write what is due by now; of several days that were missed, one mail tells."""
    assert invoice.failed_at is not None
    passed = (now() - invoice.failed_at).days
    due = max((day for day in settings().dunning_days if day <= passed), default=None)
    if due is None or (invoice.told is not None and invoice.told >= due):
        return
    send_failed(invoice, first=invoice.told is None)
    invoice.told = due
    record(REMINDED, actor=STRIPE, target=target_of(invoice), day=due)


def _stop(invoice: Invoice) -> None:
    own = str(current_tenant_id())
    with platform_rights():
        stopped = stop(get_tenant(own), OVERDUE)
    if stopped:
        forget_standing()
        record(STOPPED, actor=STRIPE, target=target_of(invoice))
        send_stopped(invoice)


def _tell_of_trial() -> None:
    query = select(Subscription).where(
        Subscription.tenant_id == current_tenant_id(),
        ~Subscription.duplicate,
        Subscription.status == "trialing",
        Subscription.cancel_at.is_(None),
    )
    tried = db.session.scalars(query).one_or_none()
    if tried is None or tried.trial_ends_at is None or (tried.trial_ends_at - now()).days >= max(REMIND_DAYS):
        return
    mark = tried.trial_ends_at.isoformat()
    if lock_standing().config.get(TOLD) != mark:
        keep({TOLD: mark})
        send_trial_converts(tried.trial_ends_at, tried.amount, tried.currency)
