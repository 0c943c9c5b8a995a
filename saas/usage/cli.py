"""Usage from the command line: ``saas usage …``."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from flask.cli import AppGroup

from saas.catalogue.words import amount_of, money
from saas.core.clock import now
from saas.core.console import say, table
from saas.tenancy.entitlements import entitlements
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.models import Tenant
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work
from saas.usage.operations import rolling
from saas.usage.periods import Period, period_of
from saas.usage.queries import Figure, get_figures
from saas.web.problems import plain_number

group = AppGroup("usage", help="What organisations use: look at it, add it up anew.")
HEAD = ("METER", "USED", "LIMIT", "INCLUDED", "FORECAST", "COST SO FAR")


def _tenant(name: str) -> Tenant:
    with platform_scope():
        return get_tenant(name)


@group.command()
@click.argument("organisation")
@click.option("--month", metavar="YYYY-MM", help="Another month than this one.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(organisation: str, month: str | None, as_json: bool) -> None:
    """What an organisation uses in a month, meter by meter, beside what its plan allows."""
    tenant, period = _tenant(organisation), period_of(now())
    if month is not None:
        period = _month(month)
    with tenant_scope(tenant):
        figures, terms = get_figures(period), entitlements().terms
    if as_json:
        say(json.dumps([_data(figure) for figure in figures], indent=2))
        return
    total = sum((figure.cost for figure in figures), Decimal(0))
    say(f"“{tenant.name}”, plan {terms.label}, {period.start:%B %Y} (UTC)\n")
    say(table(HEAD, [_row(figure, terms.currency) for figure in figures]))
    say(f"\nUse beyond the plan has cost {money(total, currency=terms.currency)} so far.")


def _month(text: str) -> Period:
    try:
        return period_of(datetime.strptime(f"{text}-01 +0000", "%Y-%m-%d %z"))
    except ValueError:
        raise click.BadParameter("Write a month as 2027-01.", param_hint="--month") from None


def _row(figure: Figure, currency: str) -> tuple[str, ...]:
    name = figure.meter
    included = amount_of(name, figure.included) if figure.included else "–"
    forecast = "–" if figure.standing else amount_of(name, figure.forecast)
    cost = money(figure.cost, currency=currency) if figure.cost else "–"
    over = figure.limit is not None and figure.used > figure.limit
    used = f"{amount_of(name, figure.used)}{' (over the limit)' if over else ''}"
    return name, used, amount_of(name, figure.limit), included, forecast, cost


def _data(figure: Figure) -> dict[str, Any]:
    names = ("used", "limit", "included", "charged", "cost", "forecast", "forecast_cost")
    return {"meter": figure.meter, **{name: plain_number(getattr(figure, name)) for name in names}}


@group.command()
@click.argument("organisation")
def rebuild(organisation: str) -> None:
    """Make totals and roll-ups anew from the events; nothing is counted meanwhile. Says how many totals were wrong."""
    tenant = _tenant(organisation)
    with tenant_work(tenant):
        differed = rolling.rebuild(actor=COMMAND_LINE)
    say(
        f"The usage of “{tenant.name}” is added up anew: "
        + (f"{differed} totals differed." if differed else "all was right.")
    )


@group.command("roll-up")
@click.argument("organisation")
def roll_up(organisation: str) -> None:
    """Add up what has come in since the last time, as the worker does every hour."""
    tenant = _tenant(organisation)
    with tenant_work(tenant):
        say(f"{rolling.roll_up()} hours, days and months of “{tenant.name}” written.")
