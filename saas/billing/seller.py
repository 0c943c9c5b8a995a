"""Who sells: the platform's owner, as the settings name it."""

from saas.billing.papers.facts import Party
from saas.core.runtime import settings


def get_seller() -> Party:
    """The seller that stands on invoices; without an address it is a name alone."""
    known = settings()
    street, postcode, city, country = ([part.strip() for part in known.seller_address.split("|")] + [""] * 3)[:4]
    return Party(
        known.seller_name or known.product_name,
        (street,) if street else (),
        city,
        postcode,
        country=country,
        email=known.support_address,
        vat_id=known.seller_vat_id,
        registration=known.seller_registration,
    )
