"""Tenancy as a feature: it declares nothing to people, but has jobs and commands."""

from saas.core.module import AuditEvent, Module

SEATS_CHANGED = AuditEvent("tenancy.seats.changed", "changed the seats of {target}")
ADDRESS_REFUSED = AuditEvent("tenancy.address.refused", "was turned away from an address that is not on the list")
UNLOCKED = AuditEvent("tenancy.tenant.unlocked", "let {target} be opened from every address again")

module = Module("tenancy", label="Tenants", events=(SEATS_CHANGED, ADDRESS_REFUSED, UNLOCKED))
