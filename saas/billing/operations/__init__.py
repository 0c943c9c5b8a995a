"""Writes about billing, in the tenant's scope."""
