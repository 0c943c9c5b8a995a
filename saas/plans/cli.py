"""Plans from the command line: ``saas plans …``."""

import click
from flask.cli import AppGroup

from saas.core.console import say, table
from saas.core.errors import NotFound
from saas.plans.moving import beyond, list_behind, list_sold
from saas.plans.trials import LONGEST, extend_trial, open_again
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.plans import check_plan, give_plan
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work

group = AppGroup("plans", help="Plans as they were sold: who has which terms; move people on.")
HEAD = ("PLAN", "VERSION", "SOLD SINCE", "ORGANISATIONS", "")


@group.command("list")
def list_() -> None:
    """Every version of every plan that was ever sold, with how many organisations have it."""
    with platform_scope():
        sold = list_sold()
    rows = [
        (one.plan, one.version, f"{one.since:%Y-%m-%d}", one.organisations, "sold now" if one.current else "")
        for one in sold
    ]
    say(table(HEAD, rows) if rows else "No plan was sold yet.")


@group.command()
@click.argument("plan")
@click.option("--from", "version", default="", metavar="VERSION", help="Only those who have these terms.")
@click.option("--organisation", default="", metavar="KEY", help="Only this one.")
@click.option("--dry-run", is_flag=True, help="Say who would be moved, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def migrate(plan: str, version: str, organisation: str, dry_run: bool, yes: bool) -> None:
    """Move subscribers of PLAN to its terms as they are sold now. What does not fit any more is named, and stays."""
    check_plan(plan)
    with platform_scope():
        if organisation:
            organisation = get_tenant(organisation).key
        found = [
            (one.key, one.name, beyond(one, plan))
            for one in list_behind(plan, version=version, organisation=organisation)
        ]
    if not found:
        say(f"Everybody on {plan} has the terms that are sold now.")
        return
    for key, name, told in found:
        say(f"{key}: “{name}”" + (f" has more than it allows: {'; '.join(told)}" if told else ""))
    if dry_run:
        say(f"{len(found)} would be moved.")
        return
    if not yes:
        click.confirm(f"Move {len(found)} to the terms of {plan} that are sold now?", abort=True)
    say(f"{sum(_move(key, plan) for key, _, _ in found)} moved.")


def _move(key: str, plan: str) -> int:
    """Each in a transaction of its own: an interruption leaves whole organisations only."""
    try:
        with platform_work():
            tenant = get_tenant(key)
            return int(tenant.plan == plan and give_plan(tenant, plan, actor=COMMAND_LINE))
    except NotFound:
        return 0


@group.command()
@click.argument("organisation")
@click.argument("plan")
def give(organisation: str, plan: str) -> None:
    """Put an organisation on a PLAN as it is sold now; one whose trial ended without a plan is active again.

    What does not fit is named, and stays.
    """
    with platform_work():
        tenant = get_tenant(organisation)
        changed, told = give_plan(tenant, plan, actor=COMMAND_LINE), beyond(tenant, plan)
        opened = open_again(tenant, actor=COMMAND_LINE)
    say(
        f"“{tenant.name}” has the plan {plan}{'' if changed else ' already'}{', and is active again' if opened else ''}."
    )
    if told:
        say(f"It has more than that allows, and nothing is taken away: {'; '.join(told)}.")


@group.command()
@click.argument("organisation")
@click.argument("days", type=click.IntRange(1, LONGEST))
def trial(organisation: str, days: int) -> None:
    """Let an organisation try its plan for so many DAYS from now on, also one whose trial has ended."""
    with platform_work():
        tenant = get_tenant(organisation)
        extend_trial(tenant, days, actor=COMMAND_LINE)
    say(f"“{tenant.name}” tries {tenant.plan} until {tenant.trial_ends_at:%Y-%m-%d %H:%M} UTC.")
