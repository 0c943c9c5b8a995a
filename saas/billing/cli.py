"""Billing from the command line: ``saas billing …``."""

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from time import monotonic, sleep

import click
from flask.cli import AppGroup

from saas.billing.models import BillingAccount
from saas.billing.money import major_units
from saas.billing.operations.agreeing import make_offer, read_draft, withdraw_offer
from saas.billing.operations.comparing import Line, find_faults, know, list_lines
from saas.billing.operations.inbox import replay as replay_message
from saas.billing.operations.offering import compare_offering
from saas.billing.operations.offering import sync as sync_offering
from saas.billing.operations.reconciling import backfill as fetch_messages
from saas.billing.operations.reconciling import reconcile_account, reconcile_all, reconcile_use
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import meter_ids
from saas.billing.operations.wares import KINDS, Step
from saas.billing.prices import CYCLES
from saas.billing.queries.messages import list_messages
from saas.billing.queries.use import list_waiting
from saas.catalogue.words import money
from saas.core.clock import now
from saas.core.console import say, table
from saas.core.errors import NotFound
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.models import Tenant
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work

group = AppGroup("billing", help="What Stripe knows of us, and we of it: prices, use, messages, accounts.")
messages = AppGroup(
    "events", help="Messages of Stripe: look at them, have them looked at again, fetch what is missing."
)
group.add_command(messages)
STATES = ("received", "done", "ignored", "failed")
USE_HEAD = ("METER", "MONTH", "COUNTED", "TOLD STRIPE", "AT STRIPE", "DIFFERENCE")
EVENTS_HEAD = ("RECEIVED", "EVENT", "TYPE", "STATE", "TRIES", "ORGANISATION", "ERROR")
_LENGTHS = {"m": "minutes", "h": "hours", "d": "days"}
_KEPT = timedelta(days=30)
PATIENCE = 20.0
"""Seconds to wait for a worker."""


def _tenant(name: str) -> Tenant:
    with platform_scope():
        return get_tenant(name)


@group.command()
@click.option("--dry-run", is_flag=True, help="Say what differs, and change nothing.")
def sync(dry_run: bool) -> None:
    """Bring products, prices, meters and the portal at Stripe into line with the catalogue.

    Prices that are sold no more stay with those who have them. An interrupted run is taken up by the next.
    """
    found, steps = compare_offering()
    wrong = [step for step in steps if step.verb == "wrong"]
    for step in steps if dry_run else wrong:
        _tell(step)
    if dry_run:
        say(f"{len(steps) - len(wrong)} would be done." if len(steps) > len(wrong) else "Nothing is to be done.")
        return
    done = [_tell(step) for step in sync_offering(found, steps)]
    say(f"{len(done)} done." if done else "Nothing was to be done.")
    if wrong:
        say(f"{len(wrong)} cannot be mended from here.")


def _tell(step: Step) -> Step:
    say(f"{step.verb:<8} {KINDS[step.kind]:<8} {step.key}: {step.why}")
    return step


@group.command()
@click.argument("organisation")
@click.option(
    "--report", is_flag=True, help="Have the worker tell Stripe first what it has not been told, as happens each hour."
)
def usage(organisation: str, report: bool) -> None:
    """Compare what use has cost under the subscription of an ORGANISATION with what Stripe was told of it, and has counted.

    Ends with code 1 where that differs. Use of the last hour need not be told yet.
    """
    tenant = _tenant(organisation)
    if report and not _report(tenant):
        say("No worker has told Stripe yet: one that runs does so at once.", err=True)
    known = know(tenant)
    if known is None:
        say(f"“{tenant.name}” has no subscription.")
        return
    meters = meter_ids()
    lines, currency = list_lines(known, meters), known.subscription.currency
    since = f"since {known.charging.since:%Y-%m-%d %H:%M} UTC"
    if not lines:
        say(f"No use of “{tenant.name}” was charged {since}.")
        return
    say(f"Use of “{tenant.name}” {since}\n")
    say(table(USE_HEAD, [_line(line, currency) for line in lines]))
    faults = find_faults(known, meters)
    say()
    for fault in faults or ["All of it agrees; what was used within the last hour is told with the next report"]:
        say(f"{fault}.")
    if faults or any(line.difference for line in lines):
        click.get_current_context().exit(1)


def _report(tenant: Tenant) -> bool:
    """Have a worker tell Stripe, as two programs at once might add a meter twice; whether that was done in time."""
    with tenant_work(tenant):
        report_use()
    until = monotonic() + PATIENCE
    while monotonic() < until:
        with tenant_scope(tenant):
            if not list_waiting():
                return True
        sleep(0.2)
    return False


def _line(line: Line, currency: str) -> tuple[str, ...]:
    amounts = (line.counted, line.told, line.there, line.difference)
    return (
        line.meter,
        f"{line.month:%Y-%m}" if line.month else "in all",
        *("" if one is None else money(one, currency=currency, exact=True) if one else "–" for one in amounts),
    )


@group.command()
@click.argument("organisation", required=False)
def reconcile(organisation: str | None) -> None:
    """Compare all accounts with what Stripe says, or one ORGANISATION's; what differs is mended and named."""
    if organisation is None:
        outcome = reconcile_all()
        say(
            f"{outcome.accounts} accounts looked at, {outcome.differed} differed, {outcome.failed} could not be looked at."
        )
        return
    tenant = _tenant(organisation)
    with platform_scope() as session:
        account = session.get(BillingAccount, tenant.id)
    if account is None:
        raise NotFound(f"“{tenant.name}” is no customer at Stripe.")
    differs = [*reconcile_account(account.customer_id), *reconcile_use(tenant, meter_ids())]
    for difference in differs:
        say(difference)
    if not differs:
        say(f"All that we know of “{tenant.name}” is as Stripe says.")


@group.command()
@click.argument("organisation")
@click.option("--plan", default="", help="The plan that is offered, as it is sold today.")
@click.option("--amount", default="", metavar="1200.00", help="What it costs each time, in the catalogue's currency.")
@click.option("--cycle", default="year", show_default=True, type=click.Choice(CYCLES), help="How often it is paid.")
@click.option("--days", default=30, show_default=True, type=int, help="For how many days the offer is good.")
@click.option("--note", default="", help="A sentence to those who may take it.")
@click.option("--withdraw", is_flag=True, help="Take the offer back.")
def offer(organisation: str, plan: str, amount: str, cycle: str, days: int, note: str, withdraw: bool) -> None:
    """Offer an ORGANISATION a plan for a price of its own. It takes the place of what it was offered before."""
    tenant = _tenant(organisation)
    if withdraw:
        withdraw_offer(tenant, actor=COMMAND_LINE)
        say(f"The offer to “{tenant.name}” is taken back.")
        return
    draft = read_draft(plan, cycle, _decimal(amount), days=days, note=note)
    made = make_offer(tenant, draft, actor=COMMAND_LINE)
    sum_ = money(major_units(made.amount, made.currency), currency=made.currency)
    say(f"“{tenant.name}” is offered {plan} for {sum_} a {cycle}, until {made.until:%Y-%m-%d %H:%M} UTC: {made.price}.")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise click.BadParameter("Write an amount as 1200.00.", param_hint="--amount") from None


@messages.command("list")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those.")
@click.option("--tenant", "organisation", default="", metavar="KEY", help="Only this organisation's.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
def list_(state: str | None, organisation: str, limit: int) -> None:
    """Messages as they came, newest first."""
    with platform_scope() as session:
        tenant_id = get_tenant(organisation).id if organisation else None
        found = list_messages(state=state or "", tenant_id=tenant_id, limit=limit)
        names = {id: session.get_one(Tenant, id).key for id in {one.tenant_id for one in found} if id}
    rows = [
        (
            *(f"{one.received_at:%Y-%m-%d %H:%M:%S}", one.id, one.type, one.state, one.tries),
            *(names.get(one.tenant_id, "") if one.tenant_id else "", one.error[:80]),
        )
        for one in found
    ]
    say(table(EVENTS_HEAD, rows) if rows else "There is no such message.")


@messages.command()
@click.argument("event")
def replay(event: str) -> None:
    """Have the account of an EVENT looked at again by the worker, whatever became of it."""
    with platform_work():
        if not replay_message(event):
            raise NotFound(f"There is no message “{event}” about a customer.")
    say(f"{event} waits for the worker.")


@messages.command()
@click.option("--since", default="2d", show_default=True, metavar="LENGTH", help="How far to go back: 90m, 12h or 2d.")
def backfill(since: str) -> None:
    """Fetch from Stripe the messages that never came; the worker looks at their accounts."""
    there, new = fetch_messages(now() - _length(since), tell=lambda id, type: say(f"{id}  {type}"))
    say(f"{there} messages at Stripe, {new} of them were missing.")


def _length(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    length = timedelta(**{_LENGTHS[found[2]]: int(found[1])}) if found else _KEPT * 2
    if length > _KEPT:
        raise click.BadParameter("Write a length as 90m, 12h or 2d; Stripe keeps thirty days.", param_hint="--since")
    return length
