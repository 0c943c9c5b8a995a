"""Tenancy: what the feature declares. It has no pages, but jobs, commands and what stands before every page."""

from saas.core.module import AuditEvent, Module

ADDRESS_REFUSED = AuditEvent("tenancy.address.refused", "was turned away from an address that is not on the list")
UNLOCKED = AuditEvent("tenancy.tenant.unlocked", "let {target} be opened from every address again")

CREATED = AuditEvent("tenancy.tenant.created", "made the organisation {target}")
STATUS_CHANGED = AuditEvent("tenancy.tenant.status_changed", "changed the status of {target}")
RENAMED = AuditEvent("tenancy.tenant.renamed", "renamed the organisation to {target}")
SETTINGS_CHANGED = AuditEvent("tenancy.tenant.settings_changed", "changed the settings of {target}")
SLUG_CHANGED = AuditEvent("tenancy.tenant.slug_changed", "moved {target} to another address")
PLAN_CHANGED = AuditEvent("tenancy.tenant.plan_changed", "changed the plan of {target}")
OVERRIDES_CHANGED = AuditEvent("tenancy.tenant.overrides_changed", "changed what {target} has besides its plan")
PURGED = AuditEvent("tenancy.tenant.purged", "removed {target} for good")
TENANT_EVENTS = (
    CREATED,
    STATUS_CHANGED,
    RENAMED,
    SETTINGS_CHANGED,
    SLUG_CHANGED,
    PLAN_CHANGED,
    OVERRIDES_CHANGED,
    PURGED,
)

KEY_ROTATED = AuditEvent("tenancy.key.rotated", "gave {target} a new encryption key")
KEYS_REWRAPPED = AuditEvent("tenancy.key.rewrapped", "wrapped encryption keys with the newest master key")

ACCESS_DENIED = AuditEvent("tenancy.access.denied", "was refused {target}")
DISAGREEMENT = AuditEvent("tenancy.request.disagreed", "named two organisations in one request")
REFUSALS = (ADDRESS_REFUSED, ACCESS_DENIED, DISAGREEMENT)

module = Module(
    "tenancy",
    label="Tenants",
    events=(*TENANT_EVENTS, UNLOCKED, KEY_ROTATED, KEYS_REWRAPPED, *REFUSALS),
)
