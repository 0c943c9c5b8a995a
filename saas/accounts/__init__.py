"""Accounts of an organisation: people, how they sign in, their sessions."""
