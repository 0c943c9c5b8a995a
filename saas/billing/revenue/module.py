"""The revenue ledger: what the feature declares."""

from saas.core.module import Module

module = Module("revenue", label="Revenue")
