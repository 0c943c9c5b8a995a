"""Commands of the whole deployment: ``saas migrate``, ``doctor``, ``worker``, ``keys``, ``settings``."""

import os

import click
from flask.cli import ScriptInfo, with_appcontext

from saas.core.console import mark, say
from saas.core.crypto import new_master_key
from saas.core.runtime import settings
from saas.core.settings import DEVELOPMENT_KEY, SettingsError
from saas.core.settingsdoc import settings_page
from saas.core.settingsloading import load_settings
from saas.tenancy.cli import run_migration
from saas.tenancy.doctor import examine
from saas.tenancy.findings import Finding, failure
from saas.tenancy.plans import settle_versions
from saas.tenancy.platform import head, migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.scope import platform_work
from saas.tenancy.worker import run_worker


@click.command()
@click.option("--connections", default=2, show_default=True, type=click.IntRange(1, 64), help="Schemas at a time.")
@with_appcontext
def migrate(connections: int) -> None:
    """Bring database, platform and every organisation to this release; with nothing to do it is quick."""
    migrated = migrate_platform()
    say(f"The platform was migrated to {head()}." if migrated else "The platform is up to date.")
    with platform_work():
        settle_versions()
    run_migration(connections=connections)
    with owner_connection() as connection:
        built = top_up(connection, settings().spare_schemas)
    if built:
        say(f"{built} spare schemas built.")


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Look at settings, database, queue and disk, and say how to mend what is wrong; exit code 1 if something fails."""
    try:
        context.ensure_object(ScriptInfo).load_app()
    except SettingsError as error:
        for fault in str(error).splitlines():
            _tell(failure(fault, "Correct the setting; `saas settings` lists them all"))
        context.exit(1)
    levels = [_tell(finding) for finding in examine()]
    if "fail" in levels:
        context.exit(1)


def _tell(finding: Finding) -> str:
    say(f"{mark(finding.level)}  {finding.text}")
    if finding.mend:
        say(f"      → {finding.mend}")
    return finding.level


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs at a time.")
@click.option("--once", is_flag=True, help="Stop when no job is due.")
@with_appcontext
def worker(concurrency: int, once: bool) -> None:
    """Run jobs until stopped: mail, spare schemas, purges, whatever features put off."""
    run_worker(concurrency=concurrency, wait=not once)


@click.group()
def keys() -> None:
    """API keys of organisations; a fresh master key, which wraps the encryption keys of organisations."""


@keys.command()
def new() -> None:
    """Print a fresh master key; it belongs in front of the others in MASTER_KEYS."""
    say(new_master_key(_next_number()))
    say("Put it first in MASTER_KEYS, restart, then run: saas tenants keys rewrap", err=True)


def _next_number() -> int:
    try:
        given = load_settings().master_keys.get_secret_value()
    except SettingsError:
        given = os.environ.get("MASTER_KEYS") or DEVELOPMENT_KEY
    if given == DEVELOPMENT_KEY:
        return 1
    return 1 + max(int(part.strip().partition(":")[0]) for part in given.split(","))


@click.command("settings")
def settings_() -> None:
    """Print every setting with its default and meaning, as docs/settings.md has it."""
    click.echo(settings_page(), nl=False)


commands: tuple[click.Command, ...] = (migrate, doctor, worker, keys, settings_)
