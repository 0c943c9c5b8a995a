"""The audit log: what the feature declares."""

from saas.core.module import Module

module = Module("audit", label="Audit log")
