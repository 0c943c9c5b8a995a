"""Mail about usage of the tenant in scope."""

from collections.abc import Sequence
from dataclasses import dataclass

from saas.catalogue.current import catalogue
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.core.scope import current_tenant_id
from saas.tenancy.directory import directory


@dataclass(frozen=True, slots=True)
class Warned:
    """What people are told: of what, how much is used of how much, in words, and which plans have more."""

    label: str
    used: str
    bound: str
    plans: Sequence[str] = ()


def send_warning(address: str, warned: Warned, *, level: int, budget: bool) -> None:
    """That a limit or the budget is nearly or wholly used up, and what can be done."""
    entry = directory.by_id(current_tenant_id())
    assert entry is not None
    plans = [catalogue().plans[name].label for name in warned.plans]
    mail = render_mail(
        "usage_level",
        to=address,
        organisation=entry,
        support_address=entry.support_address or settings().support_address,
        link=settings().public_url(entry.host, "/usage"),
        warned=warned,
        plans=plans,
        level=level,
        budget=budget,
    )
    runtime().postbox.enqueue(mail)
