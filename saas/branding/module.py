"""Branding: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission
from saas.tenancy.look import BRANDING, WHITE_LABEL

MANAGE = Permission(
    "branding.manage",
    "Set the brand",
    ADMINS,
    "Colours, logo and font of pages, mails and invoices, and what stands at their foot.",
)

CHANGED = AuditEvent("branding.brand.changed", "changed the brand")
RESTORED = AuditEvent("branding.brand.restored", "brought {target} back")
UPLOADED = AuditEvent("branding.picture.uploaded", "uploaded {target}")

module = Module(
    "branding",
    label="Brand",
    permissions=(MANAGE,),
    events=(CHANGED, RESTORED, UPLOADED),
    navigation=(
        NavItem("Brand", "branding.edit", "palette", MANAGE, section="Organisation", order=902, feature=BRANDING),
    ),
    features=(BRANDING, WHITE_LABEL),
)
