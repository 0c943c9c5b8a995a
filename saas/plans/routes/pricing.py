"""The price list on the public site."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.plans.lines import table_of
from saas.plans.offers import has_yearly, list_offers
from saas.tenancy.locales import locale_of
from saas.web.access import public
from saas.web.format import language

bp = Blueprint("pricing", __name__, subdomain="apex")


@bp.get("/pricing")
@public
def index() -> ResponseReturnValue:
    """All plans that anybody can have, for a month or a year, and side by side."""
    yearly, locale = has_yearly() and request.args.get("period") == "year", locale_of(language())
    offers = list_offers(yearly=yearly, locale=locale)
    return render_template(
        "plans/pricing.html",
        offers=offers,
        table=table_of([offer.terms for offer in offers], locale=locale),
        yearly=yearly,
        has_yearly=has_yearly(),
        currency=catalogue().currency,
        sentence=catalogue().sentence,
    )
