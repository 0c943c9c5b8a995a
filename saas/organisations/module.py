"""Organisation: what the feature declares."""

from saas.core.module import Module

module = Module("organisations", label="Organisation")
