"""Catalogues: one TOML file says what a product is called, what its plans cost and what they allow."""
