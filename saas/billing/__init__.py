"""Billing: organisations pay through Stripe; what we know of it is a mirror."""
