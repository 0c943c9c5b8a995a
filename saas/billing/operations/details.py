"""Changing the billing details."""

import re
from collections.abc import Sequence
from dataclasses import replace

from saas.billing.countries import countries
from saas.billing.details import CONFIG, MOST_EMAILS, Details, get_details
from saas.billing.module import DETAILS_CHANGED, MANAGE
from saas.billing.vat_ids import check_vat_id
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import Target, changes_of, record
from saas.core.errors import Conflict, Invalid
from saas.tenancy.config import keep
from saas.tenancy.names import clean_name
from saas.tenancy.standing import lock_standing

NEEDED = ("company", "line1", "city")
LONGEST = {"company": 100, "line1": 100, "line2": 100, "city": 80, "postcode": 20, "region": 80, "po_number": 60}
"""The texts, each with its most characters."""
OVERTAKEN = "Somebody changed the billing details while you edited them. Save again to replace theirs with yours."


def set_details(details: Details, *, version: str | None = None, actor: Actor) -> bool:
    """Set the organisation's billing details; False when they are so already.

    ``version`` is that of the details which were looked at: Conflict when somebody changed them since. Raises Invalid,
    NotAllowed.
    """
    actor.require(MANAGE)
    lock_standing()
    before, wanted = get_details(), check_details(details)
    if version not in (None, before.version):
        raise Conflict(OVERTAKEN)
    changes = changes_of(before.stored(), wanted.stored())
    if not changes:
        return False
    keep({CONFIG: wanted.stored()})
    record(DETAILS_CHANGED, actor=actor, target=Target("billing", "details", "billing details"), changes=changes)
    return True


def check_details(details: Details) -> Details:
    """The details as they are kept; raises Invalid with the first fault."""
    texts = {name: _text(name, getattr(details, name)) for name in LONGEST}
    country = details.country.strip().upper()
    if country not in countries():
        raise Invalid("Please choose a country.", field="country")
    vat_id = check_vat_id(details.vat_id, country=country)
    return replace(details, **texts, country=country, vat_id=vat_id, emails=check_emails(details.emails))


def check_emails(typed: Sequence[str]) -> tuple[str, ...]:
    """Addresses in their canonical form, each once; raises Invalid."""
    found = tuple(dict.fromkeys(_email(text) for text in typed))
    if len(found) > MOST_EMAILS:
        raise Invalid(f"Give at most {MOST_EMAILS} addresses.", field="emails")
    return found


def _text(name: str, text: str) -> str:
    if not re.sub(r"\s", "", text) and name not in NEEDED:
        return ""
    return clean_name(text, field=name, longest=LONGEST[name])


def _email(text: str) -> str:
    try:
        return canonical_email(text, field="emails")
    except Invalid as fault:
        raise Invalid(f"“{text[:80]}”: {fault.message}", field="emails") from None
