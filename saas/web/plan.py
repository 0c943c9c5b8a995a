"""What the plan says of a request: whether the organisation works with the module, has the features, may use the meter."""

from collections.abc import Callable
from functools import partial

from flask import request
from jinja2 import pass_context
from jinja2.runtime import Context

from saas.core.actor import Actor
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import FeatureLocked, LimitReached, ModuleLocked, refused
from saas.tenancy.resolver import API_PREFIX
from saas.web.access import Access
from saas.web.unit import afterwards
from saas.web.visit import Visit

API_FEATURE, API_METER = "api", "api_calls"
"""The feature and the meter of a catalogue that are about requests of programs."""

Spend = Callable[[str, Actor], None]
"""Uses one unit of a meter in the present transaction and commits it; raises LimitReached."""


def check_plan(access: Access, found: Visit, spend: Spend) -> None:
    """Raise ModuleLocked, FeatureLocked or LimitReached for what the plan of this organisation refuses.

    Each request of the API is an API call, whoever sends it. What else is used is counted by the operation that uses it, which
    knows how much of it, for what, and whether it was counted before.
    """
    if found.standing is None or not found.standing.in_service:
        return
    granted, by_program = entitlements(), request.path.startswith(API_PREFIX)
    if access.module and not granted.uses_module(access.module):
        raise ModuleLocked(access.module, switched_off=granted.has_module(access.module))
    for feature in (*access.features, *((API_FEATURE,) if by_program else ())):
        if not granted.allows(feature):
            raise FeatureLocked(feature)
    if by_program:
        spend(API_METER, found.actor)


def note_refused(error: LimitReached) -> None:
    """Let those know who listen for it that a limit refused something, once the request is over; for a view that answers by
    itself, with the form that was sent."""
    afterwards(partial(refused.send, error))


def has_module(name: str) -> bool:
    """Whether whoever looks at the page may see something of a product module; what belongs to none, everybody may."""
    return not name or entitlements().uses_module(name)


def is_in_plan(feature: str) -> bool:
    """Whether the plan holds a feature, be the organisation in service or not; what needs none, every plan holds."""
    return not feature or entitlements().holds(feature)


@pass_context
def is_allowed(_context: Context, feature: str) -> bool:
    """Whether the organisation has a feature: in templates ``{% if "sso" is allowed %}``.

    It takes the context so that a template never keeps the answer for the organisation that made it compile.
    """
    return entitlements().allows(feature)
