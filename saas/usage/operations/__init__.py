"""Writes about usage, in the tenant's scope."""
