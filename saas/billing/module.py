"""Billing: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission

MANAGE = Permission(
    "billing.manage",
    "Manage billing",
    ADMINS,
    "To whom invoices are made out, who gets them, and how they are paid.",
)

DETAILS_CHANGED = AuditEvent("billing.details.changed", "changed the {target}")

module = Module(
    "billing",
    label="Billing",
    permissions=(MANAGE,),
    events=(DETAILS_CHANGED,),
    navigation=(NavItem("Billing details", "billing.details", "receipt", MANAGE, section="Organisation", order=935),),
)
