"""Ways to sign in. Each is registered here, and an organisation may allow some of them only (its security policy)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """A way to sign in: the name under which policies are stored, a label, and a sentence on what it asks of people."""

    name: str
    label: str
    sentence: str


PASSWORD = Method("password", "Password", "People type their e-mail address and a password of their own.")

METHODS = (PASSWORD,)
"""All ways of this release, in the order in which pages show them."""
