"""A stand-in for Stripe: its API, hosted pages, webhooks and a clock that can be moved. Reached over HTTP only."""
