"""Plans: what the feature declares."""

from saas.core.module import Module

module = Module("plans", label="Plans")
