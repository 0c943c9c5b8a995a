"""Checkout sessions: what the API makes of them, and what its hosted page does."""
