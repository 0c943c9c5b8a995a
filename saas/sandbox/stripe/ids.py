"""Identifiers as Stripe writes them: a prefix that tells the kind, then random letters and digits."""

import secrets
import string

BASE62 = string.digits + string.ascii_letters
LENGTH = 24
LENGTHS = {"cs_test": 58, "whsec": 32, "req": 14, "": 8}

PREFIXES = {
    "balance_transaction": "txn",
    "billing.meter": "mtr",
    "billing.meter_event": "mevt",
    "billing.meter_event_adjustment": "mevta",
    "billing.meter_event_summary": "mtrusg_test",
    "billing_portal.configuration": "bpc",
    "billing_portal.session": "bps",
    "charge": "ch",
    "checkout.session": "cs_test",
    "coupon": "",
    "credit_note": "cn",
    "credit_note_line_item": "cnli",
    "customer": "cus",
    "customer_balance_transaction": "cbtxn",
    "discount": "di",
    "event": "evt",
    "invoice": "in",
    "invoice_payment": "inpay",
    "invoiceitem": "ii",
    "item": "li",
    "line_item": "il",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "promotion_code": "promo",
    "refund": "re",
    "setup_intent": "seti",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "tax_id": "txi",
    "test_helpers.test_clock": "clock",
    "webhook_endpoint": "we",
}
"""The prefix of each kind of object, by the name that Stripe writes into its field ``object``."""


def new_id(prefix: str) -> str:
    """A new identifier with this prefix: ``cus_`` and 24 letters and digits; without a prefix, eight of them."""
    code = _code(LENGTHS.get(prefix, LENGTH))
    return f"{prefix}_{code}" if prefix else code


def new_secret(id: str) -> str:
    """A client secret that belongs to an object: its id, ``_secret_`` and 24 letters and digits."""
    return f"{id}_secret_{_code(LENGTH)}"


def _code(length: int) -> str:
    """Random letters and digits, the bytes asked for at once: there are many ids, and each question costs."""
    return "".join([BASE62[byte % len(BASE62)] for byte in secrets.token_bytes(length)])
