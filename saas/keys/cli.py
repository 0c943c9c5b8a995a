"""API keys from the command line: ``saas keys …``."""

import sys
from uuid import UUID

import click
from flask.cli import AppGroup
from sqlalchemy import ColumnElement, or_, select

from saas.core.apikeys import PREFIX
from saas.core.console import say, table
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.keys.models import ApiKey
from saas.keys.operations import revoke_key
from saas.keys.queries import KeyStatus, find_keys, status_of
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.models import Tenant
from saas.tenancy.names import is_uuid
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work

group = AppGroup("keys", help="API keys of an organisation.")
HEAD = ("ID", "NAME", "KEY", "STATUS", "EXPIRES", "LAST USED")


@group.command("list")
@click.argument("organisation")
@click.option("--status", type=click.Choice([str(status) for status in KeyStatus]), help="Only those that stand so.")
def list_(organisation: str, status: str | None) -> None:
    """All keys of an organisation, the newest first; never their secrets."""
    tenant = _tenant(organisation)
    with tenant_scope(tenant):
        found = db.session.scalars(find_keys(status=status or "").order_by(ApiKey.created_at.desc())).all()
    say(table(HEAD, [_row(key) for key in found]) if found else f"{tenant.name} has no such API keys.")


def _row(key: ApiKey) -> tuple[object, ...]:
    expires, used = (f"{moment:%Y-%m-%d}" if moment else "never" for moment in (key.expires_at, key.last_used_at))
    return key.id, key.name, key.hint, status_of(key), expires, used


@group.command()
@click.argument("organisation")
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="Every key that is in use.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(organisation: str, key: str | None, every: bool, yes: bool) -> None:
    """Switch keys off for good. KEY is an id, the letters that a list shows, or `-` to read a secret from the input."""
    if (key is None) != every:
        raise click.UsageError("Name one key, or all of them with --all.")
    tenant = _tenant(organisation)
    with tenant_scope(tenant):
        doomed = [(one.id, one.name) for one in _chosen(key)]
    if not doomed:
        say(f"{tenant.name} has no API key in use.")
        return
    names = ", ".join(f"“{name}”" for _, name in doomed)
    if not yes:
        click.confirm(f"Revoke {names} of {tenant.name}? Programs that use them stop working at once.", abort=True)
    with tenant_work(tenant):
        for key_id, _ in doomed:
            revoke_key(key_id, actor=COMMAND_LINE)
    say(f"Revoked: {names}.")


def _tenant(name: str) -> Tenant:
    with platform_scope():
        return get_tenant(name)


def _chosen(key: str | None) -> list[ApiKey]:
    """The keys in use that are meant; raises NotFound when one was named that is not there."""
    query = select(ApiKey).where(ApiKey.revoked_at.is_(None))
    if key is None:
        return list(db.session.scalars(query))
    text = sys.stdin.readline().strip() if key == "-" else key
    found = list(db.session.scalars(query.where(_is_called(text))))
    if not found:
        raise NotFound("There is no such API key in use.")
    return found


def _is_called(text: str) -> ColumnElement[bool]:
    """Of a key: that a text is its secret, its id, or the letters that a list shows."""
    if text.startswith(PREFIX) and "…" not in text:
        return or_(ApiKey.token_hash == token_hash(text), ApiKey.former_hash == token_hash(text))
    return ApiKey.id == UUID(text) if is_uuid(text) else ApiKey.hint == text
