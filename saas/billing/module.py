"""Billing: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "billing.view", "See invoices and payments", ADMINS, "What is paid, when and how; invoices as papers."
)
MANAGE = Permission(
    "billing.manage", "Manage billing", ADMINS, "Payment method, billing details, paying invoices and cancelling."
)

DETAILS_CHANGED = AuditEvent("billing.details.changed", "changed the {target}")
CHECKOUT_BEGUN = AuditEvent("billing.checkout.begun", "went to pay for the plan {target}")
CHANGE_ASKED = AuditEvent("billing.change.asked", "changed the subscription to {target}")
CANCEL_ASKED = AuditEvent("billing.cancellation.asked", "cancelled the subscription to {target}")
RESUME_ASKED = AuditEvent("billing.resumption.asked", "took back the cancellation of {target}")
PORTAL_OPENED = AuditEvent("billing.portal.opened", "opened the payment provider's pages")
PAYMENT_ASKED = AuditEvent("billing.payment.asked", "had the invoice {target} charged again")
SUBSCRIPTION_BEGAN = AuditEvent("billing.subscription.began", "began the subscription to {target}")
SUBSCRIPTION_CHANGED = AuditEvent("billing.subscription.changed", "changed the subscription to {target}")
SUBSCRIPTION_CANCELLED = AuditEvent("billing.subscription.cancelled", "noted that the subscription to {target} ends")
SUBSCRIPTION_RESUMED = AuditEvent("billing.subscription.resumed", "noted that the subscription to {target} goes on")
SUBSCRIPTION_ENDED = AuditEvent("billing.subscription.ended", "ended the subscription to {target}")
INVOICE_ISSUED = AuditEvent("billing.invoice.issued", "issued the invoice {target}")
INVOICE_PAID = AuditEvent("billing.invoice.paid", "noted that the invoice {target} is paid")
INVOICE_FAILED = AuditEvent("billing.invoice.failed", "noted that a payment of the invoice {target} failed")
INVOICE_VOIDED = AuditEvent("billing.invoice.voided", "noted that the invoice {target} is not to be paid any more")
INVOICE_CREDITED = AuditEvent("billing.invoice.credited", "credited a part of the invoice {target}")
REMINDED = AuditEvent("billing.invoice.reminded", "reminded of the invoice {target}")
STOPPED = AuditEvent("billing.organisation.stopped", "suspended the organisation because {target} was not paid")
OFFER_MADE = AuditEvent("billing.offer.made", "made {target} an offer")
OFFER_WITHDRAWN = AuditEvent("billing.offer.withdrawn", "took back the offer to {target}")

module = Module(
    "billing",
    label="Billing",
    permissions=(VIEW, MANAGE),
    events=(
        *(DETAILS_CHANGED, CHECKOUT_BEGUN, CHANGE_ASKED, CANCEL_ASKED, RESUME_ASKED, PORTAL_OPENED, PAYMENT_ASKED),
        *(SUBSCRIPTION_BEGAN, SUBSCRIPTION_CHANGED, SUBSCRIPTION_CANCELLED, SUBSCRIPTION_RESUMED),
        *(SUBSCRIPTION_ENDED, INVOICE_ISSUED, INVOICE_PAID, INVOICE_FAILED, INVOICE_VOIDED, INVOICE_CREDITED),
        *(REMINDED, STOPPED, OFFER_MADE, OFFER_WITHDRAWN),
    ),
    navigation=(NavItem("Billing", "billing.index", "credit-card", VIEW, order=45),),
)
