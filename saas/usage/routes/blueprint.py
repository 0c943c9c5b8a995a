"""The blueprint, its tabs, and what templates may ask of meters."""

from typing import Any

from flask import Blueprint, request, url_for

from saas.catalogue.words import label_of_meter, price_of
from saas.core.runtime import runtime
from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import locale_of
from saas.usage.module import BUDGET, COSTS, VIEW
from saas.web.format import language
from saas.web.visit import current_actor

bp = Blueprint("usage", __name__, subdomain="tenant", url_prefix="/usage")
_PAGES = {
    "usage.index": ("Overview", VIEW),
    "usage.analytics": ("Analytics", COSTS),
    "usage.events": ("Events", COSTS),
    "usage.budget": ("Budget", BUDGET),
}

bp.app_template_global("meter_label")(label_of_meter)


@bp.app_template_global("plan_currency")
def plan_currency() -> str:
    """The currency in which the organisation's use is charged."""
    return entitlements().terms.currency


@bp.app_template_global("module_label")
def module_label(name: str) -> str:
    """What a product module is called."""
    known = runtime().registry.products.get(name)
    return known.label if known else name.replace("_", " ").capitalize()


def priced(meter: str) -> bool:
    """Whether use of a meter beyond the included units costs this organisation something."""
    granted = entitlements()
    limit = granted.limit(meter)
    return granted.rating(meter).is_priced and (limit is None or limit > granted.included(meter))


def price_words(meter: str) -> str:
    """What a meter's use beyond the included units costs this organisation; empty where there is none, or where it stops."""
    granted = entitlements()
    rating, currency = granted.rating(meter), granted.terms.currency
    if not priced(meter):
        return ""
    return price_of(meter, rating, currency=currency, locale=locale_of(language()))


def tabs_of_page() -> list[dict[str, Any]]:
    """The pages of usage that whoever looks may open; none where it is but one."""
    actor = current_actor()
    pages = {endpoint: label for endpoint, (label, permission) in _PAGES.items() if actor.can(permission)}
    return [
        {"label": label, "url": url_for(endpoint), "active": request.endpoint == endpoint}
        for endpoint, label in pages.items()
        if len(pages) > 1
    ]


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of usage may name."""
    return {"tabs_of_page": tabs_of_page, "price_words": price_words, "currency": plan_currency()}
