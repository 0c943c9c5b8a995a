"""The payment of an invoice: one payment intent, and the invoice payment that links the two."""

from saas.sandbox.stripe import payments
from saas.sandbox.stripe.billing.objects import listing_of
from saas.sandbox.stripe.present import on_request
from saas.sandbox.stripe.setups import add_setup
from saas.sandbox.stripe.store import Object, Store

OVER = ("succeeded", "canceled")


def open_payment(store: Store, invoice: Object) -> Object:
    """The payment intent for what is due on an invoice, and its invoice payment."""
    intent = payments.add_intent(
        store,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        setup_future_usage="off_session" if invoice["_subscription"] else None,
        _invoice=invoice["id"],
    )
    store.add(
        "invoice_payment",
        {
            "amount_requested": invoice["amount_due"],
            "created": store.now(invoice["customer"]),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "_customer": invoice["customer"],
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
            "status": "open",
            "status_transitions": {},
        },
    )
    return intent


def attempt_payment(store: Store, invoice: Object, card: str | None, *, off_session: bool) -> Object:
    """Try to pay what is due with a card; without one the payment intent stays as it is. Returns the intent."""
    intent = intent_of(store, invoice) or open_payment(store, invoice)
    if intent["status"] in OVER:
        return intent
    if card is not None:
        payments.confirm(store, intent, card, off_session=off_session)
    if intent["status"] == "succeeded":
        note_paid(store, invoice, intent)
    return intent


def note_paid(store: Store, invoice: Object, intent: Object) -> None:
    """Write into the invoice payment that its intent succeeded."""
    link = store.find("invoice_payment", invoice=invoice["id"])[0]
    link.update(status="paid", amount_paid=link["amount_requested"])
    link["status_transitions"]["paid_at"] = store.now(invoice["customer"])
    invoice["_paid_with"] = intent["payment_method"]
    store.emit("invoice_payment.paid", link)


def cancel_payment(store: Store, invoice: Object) -> None:
    """Give up the payment of an invoice that is not to be paid any more, or is paid otherwise."""
    intent = intent_of(store, invoice)
    if intent is None or intent["status"] in OVER:
        return
    payments.cancel(store, intent, "void_invoice")
    link = store.find("invoice_payment", invoice=invoice["id"])[0]
    link["status"] = "canceled"
    link["status_transitions"]["canceled_at"] = store.now(invoice["customer"])


def intent_of(store: Store, invoice: Object) -> Object | None:
    """The payment intent of an invoice; None before it is finalised, or when nothing was due."""
    links = store.find("invoice_payment", invoice=invoice["id"])
    return store.get("payment_intent", links[0]["payment"]["payment_intent"]) if links else None


def open_setup(store: Store, customer: str) -> str:
    """The id of a new intent to set a card up for later."""
    return str(add_setup(store, customer=customer)["id"])


@on_request("invoice", "payments")
def _payments(store: Store, invoice: Object) -> Object:
    rows = [store.copy_of(link) for link in store.find("invoice_payment", invoice=invoice["id"])]
    return listing_of(rows, f"/v1/invoice_payments?invoice={invoice['id']}")


@on_request("invoice", "confirmation_secret")
def _confirmation_secret(store: Store, invoice: Object) -> Object | None:
    intent = intent_of(store, invoice)
    return intent and {"client_secret": intent["client_secret"], "type": "payment_intent"}
