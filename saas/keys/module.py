"""API keys: what the feature declares."""

from saas.core.module import Module

module = Module("keys", label="API keys")
