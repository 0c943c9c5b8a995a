"""Revenue from the command line: ``saas revenue …``."""

import json
import re
from datetime import UTC, datetime
from fractions import Fraction

import click
from babel.numbers import list_currencies
from flask.cli import AppGroup

from saas.billing.revenue.queries.ledger import Ledger, list_ledgers
from saas.billing.revenue.queries.report import Report, get_report, month_start
from saas.billing.revenue.showing import as_csv, as_data, as_text
from saas.catalogue.current import catalogue
from saas.core.clock import now
from saas.core.console import say
from saas.tenancy.scope import platform_scope

group = AppGroup("revenue", help="What subscriptions are worth, how that moves, and what follows from it.")
_EMPTY = (
    "Nothing was sold yet: the ledger is written from subscriptions as Stripe tells of them. Set STRIPE_SECRET_KEY and"
    " STRIPE_WEBHOOK_SECRET (`saas doctor` says what is missing); it begins with the first subscription."
)


@group.command()
@click.option("--month", metavar="YYYY-MM", help="The month to report; this one by default.")
@click.option("--currency", metavar="CODE", help="The currency; the catalogue's by default.")
@click.option("--months", type=click.IntRange(1, 120), default=12, show_default=True, help="How many months to show.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 100),
    default=100,
    show_default=True,
    help="What is left of revenue after what serving customers costs, in per cent; for the CLV.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--csv", "as_lines", is_flag=True, help="The months for a spreadsheet.")
def report(month: str | None, currency: str | None, months: int, margin: float, as_json: bool, as_lines: bool) -> None:
    """MRR by month and what moved it; churn, retention, conversion and value of customers."""
    if as_json and as_lines:
        raise click.UsageError("--json and --csv exclude each other.")
    start = _month(month) if month is not None else month_start(now())
    wanted = _currency(currency) if currency is not None else catalogue().currency
    with platform_scope():
        ledgers = {ledger.currency: ledger for ledger in list_ledgers()}
        _check_begun(start, ledgers.get(wanted))
        made = _made(ledgers.get(wanted), start, months, Fraction(str(margin)) / 100)
    if as_json:
        say(json.dumps(as_data(made) if made else {"currency": wanted, "months": []}, indent=2))
    elif made is None:
        say(_nothing(wanted, list(ledgers)), err=as_lines)
    elif as_lines:
        click.echo(as_csv(made), nl=False)
    else:
        others = [name for name in ledgers if name != wanted]
        say(as_text(made) + (f"\n\nThere is revenue in {', '.join(others)} too (--currency)." if others else ""))


def _made(ledger: Ledger | None, start: datetime, months: int, margin: Fraction) -> Report | None:
    return get_report(ledger, start, months=months, margin=margin) if ledger else None


def _nothing(wanted: str, others: list[str]) -> str:
    if not others:
        return _EMPTY
    return f"Nothing was sold in {wanted}. There is revenue in {', '.join(others)}: --currency {others[0]}."


def _month(text: str) -> datetime:
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if found is None:
        raise click.BadParameter("Write a month as 2027-01.", param_hint="--month")
    return datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)


def _currency(text: str) -> str:
    if text.upper() not in list_currencies():
        raise click.BadParameter("Write a currency by its three letters, as EUR.", param_hint="--currency")
    return text.upper()


def _check_begun(start: datetime, ledger: Ledger | None) -> None:
    """A month that has not begun has nothing to tell, unless Stripe's clock is ahead of ours, as its test clocks may be."""
    if start > max(now(), ledger.until if ledger else now()):
        raise click.BadParameter(f"{start:%B %Y} has not begun.", param_hint="--month")
