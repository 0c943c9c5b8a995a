"""A month of use, meter by meter."""

from datetime import date

from babel.dates import format_skeleton
from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.tenancy.locales import locale_of
from saas.usage.budget import get_budget
from saas.usage.module import COSTS, VIEW
from saas.usage.overview import get_overview, list_months
from saas.usage.periods import Period
from saas.usage.routes.blueprint import bp
from saas.web.access import requires
from saas.web.format import language
from saas.web.visit import current_actor


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """What is used, included and beyond, what it costs, and how it will go on; of this month or an earlier one."""
    months = list_months()
    period = next((one for one in months if key_of(one) == request.args.get("month")), months[0])
    costs, overview = current_actor().can(COSTS), get_overview(period)
    return render_template(
        "usage/index.html",
        overview=overview,
        months=[(key_of(one), month_name(one.key)) for one in months],
        chosen=key_of(period),
        costs=costs,
        budget=get_budget() if costs else None,
        spent=overview.cost if costs else None,
    )


def key_of(period: Period) -> str:
    """A month as addresses carry it: ``2026-10``."""
    return f"{period.start:%Y-%m}"


def month_name(day: date) -> str:
    """A month as the organisation's language writes it: names are for English alone."""
    if language() == "en":
        return f"{day:%B %Y}"
    return str(format_skeleton("yM", day, locale=locale_of(language())))
