"""People: what the feature declares."""

from saas.core.module import Module

module = Module("members", label="People")
