"""What a call answers when a payment did not go through, and the set-up of a card where nothing is to be paid yet."""

from saas.sandbox.stripe.billing.collecting import card_for
from saas.sandbox.stripe.billing.paying import open_setup
from saas.sandbox.stripe.errors import card_error, invalid
from saas.sandbox.stripe.store import Object, Store


def refused_payment(behaviour: str, error: Object) -> None:
    """Raise the error of a payment (402) where the call asked for it; else the subscription says how it stands."""
    if behaviour != "error_if_incomplete":
        return
    shown = {name: error[name] for name in ("payment_intent", "payment_method") if error.get(name)}
    message = error.get("message") or "Authentication is required to complete this payment."
    raise card_error(error.get("code") or "card_declined", message, error.get("decline_code"), **shown)


def need_card(store: Store, invoice: Object) -> None:
    """Raise Fault where something is to be charged and there is no card to charge it to."""
    if invoice["amount_due"] and card_for(store, invoice) is None:
        raise invalid(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method.",
            code="resource_missing",
        )


def first_setup(store: Store, subscription: Object, invoice: Object | None) -> None:
    """A set-up intent, where a new subscription has nothing to pay and no card for later."""
    owes = invoice is not None and invoice["amount_due"]
    holders = (subscription, store.get("customer", subscription["customer"])["invoice_settings"])
    has_card = any(it["default_payment_method"] for it in holders)
    if not owes and not has_card and subscription["collection_method"] == "charge_automatically":
        subscription["pending_setup_intent"] = open_setup(store, subscription["customer"])
