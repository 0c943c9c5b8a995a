"""Dashboard: what the feature declares."""

from saas.core.module import Module

module = Module("dashboard", label="Dashboard")
