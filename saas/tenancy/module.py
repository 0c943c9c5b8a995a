"""Tenancy as a feature: it declares nothing to people, but has jobs and commands."""

from saas.core.module import Module

module = Module("tenancy", label="Tenants")
