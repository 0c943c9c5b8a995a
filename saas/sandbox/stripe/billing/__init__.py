"""The billing engine of the Stripe stand-in: what subscriptions owe, when it is invoiced and how it is collected."""
