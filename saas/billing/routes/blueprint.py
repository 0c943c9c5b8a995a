"""The blueprint of billing's pages, and what its templates may ask."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from saas.billing import lines
from saas.billing.facts import card_words
from saas.billing.lines import Line, name_of_plan
from saas.billing.module import MANAGE, VIEW
from saas.billing.money import major_units
from saas.core.runtime import settings
from saas.web.format import language
from saas.web.headers import let_forms_reach
from saas.web.visit import current_actor

bp = Blueprint("billing", __name__, subdomain="tenant", url_prefix="/billing")
_PAGES = {
    "billing.index": ("Overview", VIEW),
    "billing.invoices": ("Invoices", VIEW),
    "billing.details": ("Billing details", MANAGE),
}
STRIPE_HOSTS = ("https://checkout.stripe.com", "https://billing.stripe.com")


@bp.app_template_filter("minor")
def minor(units: int, currency: str) -> Decimal:
    """Minor units as an amount, for the filter that writes money."""
    return major_units(units, currency)


bp.app_template_global("name_of_plan")(name_of_plan)


@bp.app_template_global("name_of_line")
def name_of_line(line: Line) -> str:
    """What a line of an invoice is called, in the organisation's language."""
    return lines.name_of_line(line, language())


@bp.app_template_global("use_of_line")
def use_of_line(line: Line, currency: str) -> str:
    """How much of a line of use was included and what the rest costs, in the organisation's language."""
    return lines.use_in_words(line, currency, language())


def tabs_of_page() -> list[dict[str, Any]]:
    """The pages of billing that whoever looks may open."""
    actor = current_actor()
    return [
        {"label": label, "url": url_for(endpoint), "active": request.endpoint == endpoint}
        for endpoint, (label, permission) in _PAGES.items()
        if actor.can(permission)
    ]


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of billing may name."""
    return {"tabs_of_page": tabs_of_page, "card_words": card_words, "simulated": bool(settings().stripe_api_base)}


@bp.after_request
def let_go_to_stripe(response: Response) -> Response:
    """Forms of these pages may lead to Stripe's."""
    return let_forms_reach(response, *((settings().stripe_api_base,) if settings().stripe_api_base else STRIPE_HOSTS))
