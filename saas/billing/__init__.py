"""Billing: who pays, for what, and the papers about it."""
