"""The command line: ``saas …``."""

import sys
from typing import Any

import click
from flask.cli import FlaskGroup

from saas.app import create_app
from saas.core.errors import DomainError
from saas.core.settings import SettingsError
from saas.scaffold.cli import group as module_group


class Commands(FlaskGroup):
    """Flask's commands and ours; refusals are one message on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise click.ClickException(error.message) from None


group = Commands(
    name="saas",
    create_app=lambda: create_app(),
    add_version_option=False,
    help="Run and look after the platform.",
)
group.add_command(module_group)


def main() -> None:
    """The entry point: a wrong setting ends the start with one message that lists every fault."""
    try:
        group.main(prog_name="saas")
    except SettingsError as error:
        click.secho("The settings do not allow a start:", fg="red", err=True)
        for fault in str(error).splitlines():
            click.echo(f"  {fault}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
