"""Tenancy as a feature: it declares nothing to people, but has jobs and commands."""

from saas.core.module import AuditEvent, Module

SEATS_CHANGED = AuditEvent("tenancy.seats.changed", "changed the seats of {target}")

module = Module("tenancy", label="Tenants", events=(SEATS_CHANGED,))
