"""Marks of what a page shows: forms carry them, so that nobody does or overwrites what they have not seen."""

import hashlib


def mark_of(*facts: object) -> str:
    """The same for the same facts, and another one as soon as one of them differs; facts must have a stable ``repr``."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
