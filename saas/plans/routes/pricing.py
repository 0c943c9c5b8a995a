"""The price list on the public site."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.core.extensions import limiter
from saas.plans.forms import ContactForm
from saas.plans.lines import table_of
from saas.plans.offers import has_yearly, list_offers
from saas.plans.operations import contact_us
from saas.tenancy.locales import locale_of
from saas.web.access import public
from saas.web.format import language
from saas.web.visit import current_actor

bp = Blueprint("pricing", __name__, subdomain="apex")


@bp.route("/pricing/ask", methods=["GET", "POST"])
@limiter.limit("5 per hour", deduct_when=lambda answer: answer.status_code == 303)
@public
def ask() -> ResponseReturnValue:
    """Tell us of a plan whose price is agreed on, without an organisation; the answer comes by mail."""
    name = request.values.get("plan", "")
    plan = catalogue().plans.get(name)
    if plan is None or plan.hidden:
        return redirect(url_for(".index"))
    form = ContactForm.of_request(plan=name)
    if form.submitted():
        contact_us(name, form.prospect(), actor=current_actor())
        return redirect(url_for(".asked"), 303)
    page = render_template("plans/contact.html", form=form, plan=plan)
    return page, 422 if request.method == "POST" else 200


@bp.get("/pricing/asked")
@public
def asked() -> ResponseReturnValue:
    """That we have it."""
    return render_template("plans/asked.html")


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
