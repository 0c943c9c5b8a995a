"""The gateway: the only caller of Stripe. Every answer leaves it as plain data, every failure as one of ours.

No transaction may be open while Stripe is asked: it may take seconds. What changes something takes a ``key``, kept before the
call (``saas.billing.models.BillingRequest``), under which asking again does nothing a second time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import stripe
import structlog
from stripe import ListObject, StripeClient, StripeObject

from saas.core.clock import now
from saas.core.errors import Busy, Conflict, Invalid
from saas.core.runtime import settings

log = structlog.get_logger()

VERSION = "2026-10-28.endive"
"""The version of Stripe's API that this code is written for."""
RETRIES, SECONDS = 2, 20.0
MOST = 100
"""How many objects Stripe gives at once."""
SIGNED_SECONDS = 300
"""How old the signature of a message may be, or how far clocks may differ."""
Found = dict[str, Any]


class Declined(Invalid):
    """A payment was refused; the message is for whoever pays, ``code`` is Stripe's word for why."""

    status = 402
    kind = "payment_declined"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message, field="payment_method")
        self.code = self.reason = code


class Unanswered(Busy):
    """Stripe did not answer, or not with sense. Whether it did what was asked is found out later, by the request's key."""

    def __init__(self) -> None:
        super().__init__("Our payment provider does not answer at the moment. Please try again in a minute.")


class Refused(Conflict):
    """Stripe does not do what was asked: ``code`` is its word for why, ``said`` its sentence, which is for programmers."""

    def __init__(self, said: str, code: str = "", request: str = "") -> None:
        ours = f"Our payment provider refuses this. Write to us, please, and name {request or code}."
        super().__init__(ours, for_operators=f"Stripe refused this ({request or code}): {said}")
        self.said, self.code = said, code


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> StripeClient:
    addresses: Any = {"api": base, "files": base, "meter_events": base} if base else {}
    http = stripe.RequestsClient(timeout=SECONDS)
    return StripeClient(
        key, stripe_version=VERSION, base_addresses=addresses, max_network_retries=RETRIES, http_client=http
    )


@contextmanager
def _asking() -> Iterator[Any]:
    """The API's first version for a block, whose errors become ours. Raises Conflict where nothing is paid online."""
    key = settings().stripe_secret_key.get_secret_value()
    if not key:
        raise Conflict("Nothing can be paid online here.")
    try:
        yield _client(key, settings().stripe_api_base).v1
    except stripe.CardError as error:
        raise Declined(error.user_message or "The payment was declined.", error.code or "") from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        said, request = str(error.user_message or error), error.request_id or ""
        log.warning("stripe_refused", code=error.code, param=getattr(error, "param", ""), request=request, said=said)
        raise Refused(said, error.code or "", request) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe_key_refused", request=error.request_id)
        raise Unanswered from error
    except stripe.StripeError as error:
        log.warning("stripe_unanswered", error=type(error).__name__, status=error.http_status)
        raise Unanswered from error


def _plain(answer: StripeObject) -> Found:
    return answer.to_dict(recursive=True)


def _do(act: Callable[[Any], StripeObject]) -> Found:
    with _asking() as api:
        return _plain(act(api))


def _all(act: Callable[[Any], ListObject[Any]]) -> list[Found]:
    """Every object of a list, page by page."""
    with _asking() as api:
        return [_plain(one) for one in act(api).auto_paging_iter()]


def _once(key: str) -> Any:
    return {"idempotency_key": key}


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether Stripe signed these bytes within the last SIGNED_SECONDS, by this clock."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, SIGNED_SECONDS)
        at = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, KeyError):
        return False
    return at <= now().timestamp() + SIGNED_SECONDS


def create_customer(params: Any, *, key: str) -> Found:
    """Make a customer."""
    return _do(lambda api: api.customers.create(params, _once(key)))


def update_customer(customer: str, params: Any) -> Found:
    """Write absolute values of a customer; asking again changes nothing."""
    return _do(lambda api: api.customers.update(customer, params))


def get_customer(customer: str) -> Found:
    """A customer with the payment method that invoices are charged to; of one that was deleted hardly more than that it was."""
    expand = ["invoice_settings.default_payment_method"]
    try:
        return _do(lambda api: api.customers.retrieve(customer, {"expand": expand}))
    except Refused:
        found = _do(lambda api: api.customers.retrieve(customer))
        if found.get("deleted"):
            return found  # there was nothing to expand
        raise


def find_customers(email: str) -> list[Found]:
    """Customers of an address, newest first."""
    return _all(lambda api: api.customers.list({"email": email, "limit": MOST}))


def attach_method(method: str, customer: str) -> Found:
    """Give a payment method to a customer; one that it has already stays."""
    return _do(lambda api: api.payment_methods.attach(method, {"customer": customer}))


def create_checkout(params: Any, *, key: str) -> Found:
    """Open a page at Stripe on which something is paid."""
    return _do(lambda api: api.checkout.sessions.create(params, _once(key)))


def get_checkout(session: str) -> Found:
    """A checkout as it stands."""
    return _do(lambda api: api.checkout.sessions.retrieve(session))


def expire_checkout(session: str) -> Found:
    """Close a checkout that is open; one that is not stays as it is. How it stands then."""
    with _asking() as api:
        try:
            return _plain(api.checkout.sessions.expire(session))
        except stripe.InvalidRequestError as error:
            log.info("checkout_not_open", session=session, code=error.code)
    return get_checkout(session)


def list_open_checkouts(customer: str) -> list[Found]:
    """Pages on which a customer may still pay."""
    return _all(lambda api: api.checkout.sessions.list({"customer": customer, "status": "open", "limit": MOST}))


def create_portal(params: Any) -> Found:
    """Open Stripe's page on which customers help themselves."""
    return _do(lambda api: api.billing_portal.sessions.create(params))


_SUBSCRIPTION = ["discounts", "discounts.source.coupon", "default_payment_method"]


def list_subscriptions(customer: str) -> list[Found]:
    """All subscriptions of a customer, ended ones too, newest first."""
    expand = [f"data.{name}" for name in _SUBSCRIPTION]
    asked = {"customer": customer, "status": "all", "limit": MOST, "expand": expand}
    return _all(lambda api: api.subscriptions.list(asked))


def get_subscription(subscription: str) -> Found:
    """A subscription as it is now."""
    return _do(lambda api: api.subscriptions.retrieve(subscription))


def create_subscription(params: Any, *, key: str) -> Found:
    """Make a subscription."""
    return _do(lambda api: api.subscriptions.create({**params, "expand": _SUBSCRIPTION}, _once(key)))


def update_subscription(subscription: str, params: Any, *, key: str) -> Found:
    """Change a subscription."""
    return _do(lambda api: api.subscriptions.update(subscription, {**params, "expand": _SUBSCRIPTION}, _once(key)))


def cancel_subscription(subscription: str, params: Any, *, key: str) -> Found:
    """End a subscription now."""
    return _do(lambda api: api.subscriptions.cancel(subscription, params, _once(key)))


def create_schedule(params: Any, *, key: str) -> Found:
    """Plan what a subscription becomes."""
    return _do(lambda api: api.subscription_schedules.create(params, _once(key)))


def get_schedule(schedule: str) -> Found:
    """What a subscription becomes, when, and at which prices."""
    return _do(lambda api: api.subscription_schedules.retrieve(schedule, {"expand": ["phases.items.price"]}))


def update_schedule(schedule: str, params: Any, *, key: str) -> Found:
    """Change what a subscription becomes."""
    return _do(lambda api: api.subscription_schedules.update(schedule, params, _once(key)))


def release_schedule(schedule: str, *, key: str) -> Found:
    """Let a subscription go on as it is."""
    return _do(lambda api: api.subscription_schedules.release(schedule, {}, _once(key)))


def preview_invoice(params: Any) -> Found:
    """What would be charged."""
    return _do(lambda api: api.invoices.create_preview(params))


def get_invoice(invoice: str) -> Found:
    """An invoice with its payments, and by which methods they were made."""
    return _do(lambda api: api.invoices.retrieve(invoice, {"expand": ["payments.data.payment.payment_intent"]}))


def list_invoices(customer: str, **asked: Any) -> list[Found]:
    """Invoices of a customer, newest first."""
    return _all(lambda api: api.invoices.list({"customer": customer, "limit": MOST, **asked}))


def list_lines(invoice: str) -> list[Found]:
    """All lines of an invoice."""
    return _all(lambda api: api.invoices.line_items.list(invoice, {"limit": MOST}))


def list_credit_notes(invoice: str) -> list[Found]:
    """Credit notes of an invoice."""
    return _all(lambda api: api.credit_notes.list({"invoice": invoice, "limit": MOST}))


def pay_invoice(invoice: str, params: Any, *, key: str) -> Found:
    """Charge an invoice now."""
    return _do(lambda api: api.invoices.pay(invoice, {**params, "expand": ["payments"]}, _once(key)))


def list_events(since: int) -> list[Found]:
    """Messages since a moment (UTC seconds; Stripe keeps thirty days), newest first."""
    return _all(lambda api: api.events.list({"created": {"gte": since}, "limit": MOST}))


def send_meter_event(params: Any) -> Found:
    """Report use; the identifier makes it count once."""
    return _do(lambda api: api.billing.meter_events.create(params))


def list_meter_sums(meter: str, params: Any) -> list[Found]:
    """What use of a customer adds up to at Stripe."""
    return _all(lambda api: api.billing.meters.event_summaries.list(meter, {"limit": MOST, **params}))


def list_all(kind: str, **asked: Any) -> list[Found]:
    """All objects of a kind that is sold: “products”, “prices”, “billing.meters”, “billing_portal.configurations”."""
    return _all(lambda api: _collection(api, kind).list({"limit": MOST, **asked}))


def create_one(kind: str, params: Any, *, key: str) -> Found:
    """Make an object of a kind that is sold."""
    return _do(lambda api: _collection(api, kind).create(params, _once(key)))


def update_one(kind: str, id: str, params: Any) -> Found:
    """Write absolute values of one."""
    return _do(lambda api: _collection(api, kind).update(id, params))


def _collection(api: Any, kind: str) -> Any:
    for part in kind.split("."):
        api = getattr(api, part)
    return api
