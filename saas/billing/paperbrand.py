"""How papers look: in the colour and with the logo of the organisation that they are made out to."""

from saas.billing.papers.facts import Brand
from saas.core.errors import NotFound
from saas.core.look import Look
from saas.core.runtime import runtime
from saas.core.scope import current_tenant_id


def paper_brand(look: Look, called: str) -> Brand:
    """The brand of a paper for the tenant in scope, ``called`` so and whose look this is.

    A logo that would vanish on paper is left out; a bare brand then has its own name in that place, not the seller's.
    """
    return Brand(look.light["primary"], _logo(look), look.product(called, ""))


def _logo(look: Look) -> bytes | None:
    if look.logo is None or look.pale:
        return None
    try:
        return runtime().storage.get(current_tenant_id(), f"brand/{look.logo.id}/large.png")
    except NotFound:
        return None
