"""Billing: what people and programs see of it, against the stand-in for Stripe."""
