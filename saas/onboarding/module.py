"""Onboarding: what the feature declares."""

from saas.core.module import Module

module = Module("onboarding", label="Onboarding")
