"""Accounts from the command line: ``saas accounts …``."""

import click
from flask.cli import AppGroup

from saas.accounts.models import Purpose
from saas.accounts.operations import create_user
from saas.accounts.tokens import issue_token
from saas.core.clock import now
from saas.core.console import say
from saas.core.ids import new_token
from saas.core.module import Role
from saas.core.runtime import settings
from saas.tenancy.directory import directory
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, tenant_work

group = AppGroup("accounts", help="People's accounts in an organisation.")


@group.command()
@click.argument("organisation")
@click.option("--email", required=True, help="The address the person signs in with.")
@click.option("--name", help="The person's name; the part before the @ by default.")
@click.option("--role", type=click.Choice([str(role) for role in Role]), default=str(Role.MEMBER), show_default=True)
def create(organisation: str, email: str, name: str | None, role: str) -> None:
    """Make an account and print the link by which the person chooses a password (good for one hour)."""
    with platform_scope():
        tenant = get_tenant(organisation)
    with tenant_work(tenant):
        user = create_user(
            email=email, name=name or email.partition("@")[0], password=new_token(), role=Role(role), actor=COMMAND_LINE
        )
        user.verified_at = now()
        token = issue_token(user, Purpose.RESET_PASSWORD)
    entry = directory.by_id(tenant.id)
    assert entry is not None
    say(f"{user.name} <{user.email}> is {role} of {tenant.name}.")
    say(f"Choose a password: {settings().public_url(entry.host, f'/reset/{token}')}")
