"""Domains from the command line: ``saas domains …``."""

import click
from flask.cli import AppGroup

from saas.core.console import say, table
from saas.core.runtime import settings
from saas.domains.hosts import display, host_of, known_host
from saas.domains.operations import allow_host, disallow_host, free_host
from saas.domains.queries import find_holder, list_all, list_allowed, list_kept, status_of
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work

group = AppGroup("domains", help="Domains of organisations' own: whose they are, taking one away, allowing one.")
for_organisation = click.option(
    "--for", "organisation", required=True, metavar="ORGANISATION", help="Its key, slug or id."
)
HEAD = ("HOST", "ORGANISATION", "STATE", "SINCE")


@group.command("list")
@click.argument("organisation", required=False)
def list_(organisation: str | None) -> None:
    """Domains and claims by host, of everybody or of one ORGANISATION, then hosts in quarantine and those allowed; times in UTC."""
    with platform_scope():
        own = get_tenant(organisation).id if organisation else None
        domains, kept, allowed = list_all(own), list_kept(own), list_allowed(own)
    rows = []
    for domain, tenant in domains:
        since = domain.failing_since or domain.verified_at or domain.created_at
        state = status_of(domain) + (", primary" if domain.is_primary else "")
        rows.append((display(domain.host), tenant.key, state, f"{since:%Y-%m-%d %H:%M}"))
    for host, key, until in kept:
        rows.append((display(host), key, f"kept until {until:%Y-%m-%d %H:%M}", ""))
    rows += [(display(host), key, "allowed", "") for host, key in allowed]
    say(table(HEAD, rows) if rows else "There is no domain.")


@group.command()
@click.argument("host")
@click.option("--now", "at_once", is_flag=True, help="Without the quarantine, or before its end.")
def release(host: str, at_once: bool) -> None:
    """Take a HOST away from the organisation that has it, for one that can prove it is theirs.

    For the days of quarantine only the former holder can connect it, by proving it anew; with --now whoever does. Claims stay.
    """
    host = known_host(host)
    with platform_work():
        free_host(host, at_once=at_once, actor=COMMAND_LINE)
    days = settings().domain_quarantine_days
    until = "at once" if at_once or not days else f"after {days} days, its former holder before"
    say(f"{display(host)} is released. Whoever proves that it is theirs can connect it {until}.")


@group.command()
@click.argument("host")
@for_organisation
def allow(host: str, organisation: str) -> None:
    """Let an organisation claim and prove a HOST that is refused because it looks like another organisation's domain.

    Everything else is asked of it as of any other.
    """
    host = host_of(host)
    with platform_work():
        tenant = get_tenant(organisation)
        changed = allow_host(host, tenant=tenant, actor=COMMAND_LINE)
        say(f"“{tenant.name}” may connect {display(host)}{'' if changed else ' already'}.")


@group.command()
@click.argument("host")
@for_organisation
def disallow(host: str, organisation: str) -> None:
    """Take back that an organisation is allowed a HOST. One that it has connected stays: ``release`` takes that away."""
    host = known_host(host)
    with platform_work():
        tenant = get_tenant(organisation)
        disallow_host(host, tenant=tenant, actor=COMMAND_LINE)
        say(f"“{tenant.name}” may no longer connect {display(host)}.")
        if find_holder(host) == tenant.id:
            say(f"It has connected it and keeps it. To take it away: saas domains release {display(host)}")
