"""The look of the organisation in scope, as its plan allows it."""

from dataclasses import replace

from saas.core.look import Look
from saas.core.runtime import runtime, settings
from saas.core.scope import scope_or_none
from saas.tenancy.directory import directory
from saas.tenancy.entitlements import entitlements_of
from saas.tenancy.standing import Standing, get_standing

BRANDING, WHITE_LABEL = "branding", "white_label"
"""The features of a catalogue for a look of one's own, and for one in which nothing names the platform."""

LOOK = "look"
"""The key in an organisation's config."""


def look_of(standing: Standing) -> Look:
    """The look of an organisation of this standing. It keeps it while it is suspended; what its plan does not hold (any more) is
    left out."""
    plain = runtime().plain()
    if not (stored := standing.config.get(LOOK)):
        return plain
    granted = entitlements_of(standing)
    if not granted.holds(BRANDING):
        return plain
    look = Look.read(stored).over(plain)
    return look if granted.holds(WHITE_LABEL) else replace(look, bare=False, custom="")


def present_look() -> Look:
    """The look of the tenant in scope; the platform's in its own scope and outside of any."""
    scope = scope_or_none()
    tenant_id = scope.place.tenant_id if scope else None
    if tenant_id is None:
        return runtime().plain()
    look = look_of(get_standing())
    entry = directory.by_id(tenant_id) if look.logo else None
    return replace(look, home=settings().public_url(entry.host, "")) if entry else look
