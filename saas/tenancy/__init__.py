"""Tenants: who they are, which host belongs to whom, their schemas, roles, keys and migrations."""
