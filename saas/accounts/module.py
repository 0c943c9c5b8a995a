"""Accounts: what the feature declares."""

from saas.core.module import Module

module = Module("accounts", label="Accounts")
