"""What stands on pages all over the organisation: a payment that failed, an offer, why it is closed. Only where the standing says
that there is something is anything asked."""

from dataclasses import dataclass
from datetime import datetime

from saas.billing.deadlines import next_try, stops_ahead
from saas.billing.models import Subscription
from saas.billing.module import MANAGE
from saas.billing.offers import Offer, get_offer
from saas.billing.operations.dunning import oldest_failing
from saas.billing.operations.settling import OVER_MONEY
from saas.billing.queries.subscriptions import get_subscription
from saas.billing.routes.blueprint import bp
from saas.plans.module import CHANGE
from saas.tenancy.models import Status
from saas.tenancy.standing import SUBSCRIBED
from saas.web.visit import current_actor, visit


@dataclass(frozen=True, slots=True)
class Debt:
    """An invoice whose payment failed; ``stops_at`` is when the organisation is closed over it, None where that is not to come."""

    invoice_id: str = ""
    stops_at: datetime | None = None


@bp.app_template_global("payment_failed")
def payment_failed() -> Debt | None:
    """What whoever looks should pay; None where nothing is owed, and for those who cannot pay."""
    standing = visit().standing
    if standing is None or standing.status != Status.PAST_DUE or not standing.config.get(SUBSCRIBED):
        return None
    if not current_actor().can(MANAGE):
        return None
    owed = oldest_failing()
    return Debt(owed.id, stops_ahead(owed)) if owed else Debt()


bp.app_template_global("next_try")(next_try)


@bp.app_template_global("paid_subscription")
def paid_subscription() -> Subscription | None:
    """The subscription of the organisation, if it has one."""
    standing = visit().standing
    return get_subscription() if standing is not None and standing.config.get(SUBSCRIBED) else None


@bp.app_template_global("is_closed_over_money")
def is_closed_over_money() -> bool:
    """Whether the organisation is suspended because it did not pay, and whoever looks may pay."""
    standing = visit().standing
    return standing is not None and standing.reason in OVER_MONEY and current_actor().can(MANAGE)


@bp.app_template_global("present_offer")
def present_offer() -> Offer | None:
    """The offer to the organisation, good or over; None when it has taken it, and for those who cannot."""
    offer = get_offer() if current_actor().can(CHANGE) else None
    if offer is None:
        return None
    subscription = get_subscription()
    return None if subscription is not None and offer.price in subscription.items else offer
