"""Reads of the revenue ledger, in the platform's scope."""
