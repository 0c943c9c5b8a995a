"""Validations: documents checked against rules before they leave the house."""
