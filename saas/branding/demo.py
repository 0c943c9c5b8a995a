"""Demo data of brands: organisations that wear the theme of their industry, and one that went back to the platform's."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from saas.branding.identity import Identity
from saas.branding.operations import publish
from saas.branding.themes import offered_themes
from saas.core.actor import SYSTEM
from saas.tenancy.entitlements import entitlements
from saas.tenancy.look import BRANDING
from saas.tenancy.queries import own_tenant

PAST = "manufacturing"
"""The industry of who tried its theme and took the platform's again."""


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """A brand, where the plan holds one."""
    tenant = own_tenant()
    if not entitlements().allows(BRANDING) or tenant.industry not in offered_themes():
        return
    identity = replace(Identity.plain(), footer=f"{tenant.name}, for those who work with us.")
    publish(identity.with_theme(tenant.industry), actor=SYSTEM)
    if tenant.industry == PAST:
        publish(replace(identity, imprint=f"https://www.{tenant.slug}.example/legal"), actor=SYSTEM)
