"""The command line: ``saas …``."""

import sys
from importlib import import_module
from typing import Any

import click
import psycopg
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo, routes_command, shell_command
from sqlalchemy.exc import DBAPIError
from werkzeug.serving import run_simple

from saas.app import create_app
from saas.catalogue.cli import group as catalogue_group
from saas.core.errors import DomainError, Invalid, first_line
from saas.core.runtime import settings
from saas.core.settings import SettingsError
from saas.keys.cli import group as api_keys
from saas.sandbox.demo.ground import adopt_database, adopt_running
from saas.sandbox.demo.names import adopt as adopt_names
from saas.sandbox.demo.payments import adopt as adopt_payments
from saas.scaffold.cli import group as module_group
from saas.tenancy.commands import commands as deployment_commands
from saas.tenancy.commands import keys

NOT_SET_UP = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
)
"""What a database answers that was not set up."""
_LATE = {"demo": "saas.sandbox.demo.cli", "sandbox": "saas.sandbox.cli"}
"""Where commands are that most starts do without: what they need would cost each of them a fifth of its time."""


class Commands(FlaskGroup):
    """Flask's commands and ours; refusals are one message on standard error and exit code 1, or 2 for a value given."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except Invalid as error:
            raise click.UsageError(f"{error.field.replace('_', '-')}: {error.message}") from None
        except DomainError as error:
            raise click.ClickException(error.for_operators) from None
        except (psycopg.Error, DBAPIError) as error:
            if told := _about_database(getattr(error, "orig", error)):
                raise click.ClickException(told) from None
            raise

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command by its name; some are imported by then."""
        if name in _LATE and name not in self.commands:
            self.add_command(getattr(import_module(_LATE[name]), name))
        return super().get_command(ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands; without settings, those that need no application."""
        try:
            ctx.ensure_object(ScriptInfo).load_app()
        except SettingsError:
            return sorted({*click.Group.list_commands(self, ctx), *_LATE})
        return sorted({*super().list_commands(ctx), *_LATE})


def _about_database(error: BaseException) -> str | None:
    """What to tell of a database that is away or not set up; None for any other error."""
    told = first_line(error).removeprefix("connection failed: ")
    if isinstance(error, NOT_SET_UP):
        return f"{told} (`saas migrate` sets a database up; `saas doctor` looks further)"
    if isinstance(error, psycopg.OperationalError):
        return f"The database cannot be used: {told} (`saas doctor` looks further)"
    return None


def _create() -> Flask:
    adopt_running()
    adopt_payments()
    adopt_names()
    adopt_database()
    return create_app()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on; the setting PORT by default.")
@click.option("--reload", is_flag=True, help="Start again when code changes.")
def run(host: str, port: int | None, reload: bool) -> None:
    """Serve the pages for development; `saas demo` runs everything."""
    adopt_database()
    app = create_app()
    port = port or settings().port
    click.echo(f"Serving {settings().public_url(settings().base_domain)} on {host}:{port}; Ctrl-C ends it.")
    run_simple(host, port, app, use_reloader=reload, threaded=True)


group = Commands(
    name="saas",
    create_app=_create,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    help="Run and look after the platform.",
)
group.params = []
for command in (
    run,
    shell_command,
    routes_command,
    *deployment_commands,
    module_group,
    catalogue_group,
):
    group.add_command(command)
for command in api_keys.commands.values():
    keys.add_command(command)


def main() -> None:
    """The entry point: a wrong setting ends the start with one message that lists every fault."""
    try:
        group.main(prog_name="saas")
    except SettingsError as error:
        click.echo(error.notice, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
