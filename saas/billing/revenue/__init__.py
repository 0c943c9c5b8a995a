"""The revenue ledger: what subscriptions are worth a month, how that moves, and what follows from it. It only reads."""
