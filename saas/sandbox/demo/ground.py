"""What the demo stands on: a free port, a database, and the settings that its programs are given by the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from saas.core.settings import INSTANCE, Settings, load_settings
from saas.sandbox.postgres import PostgresError, Server, ensure_database
from saas.sandbox.readiness import port_is_taken

FOLDER = INSTANCE / "postgres"
DATABASE = "saas"
OWNER_NAMES = ("DATABASE_URL", "MASTER_DATABASE_URL")
_ANY = "postgresql:///any"


def given_settings() -> Settings:
    """The settings as they were given; only here may ``database_url`` be missing. Raises SettingsError."""
    return load_settings(app_database_url=_ANY, jobs_database_url=_ANY)


def check(given: Settings) -> None:
    """Raise ClickException, before anything is started, when the demo must not or cannot run here."""
    if given.environment == "production":
        raise click.ClickException("The demo is for development, and ENVIRONMENT says production.")
    if port_is_taken(given.port):
        raise click.ClickException(
            f"Port {given.port} is taken by another program. Choose another one: PORT={given.port + 1} make demo"
        )


@contextmanager
def database(given: Settings, folder: Path = FOLDER) -> Iterator[str]:
    """The owner's address of the database that was given, else of an embedded server that runs for the block."""
    if given.database_url is not None:
        yield given.database_url.get_secret_value()
        return
    try:
        server = Server.start(folder.absolute())
    except PostgresError as error:
        raise click.ClickException(str(error)) from None
    with server:
        yield ensure_database(server, DATABASE)


def announce(given: Settings, url: str) -> None:
    """Tell this process, and whatever it starts, of the database and the port."""
    os.environ.update(DATABASE_URL=url, PORT=str(given.port))


def hide_owner() -> None:
    """Take the owner's login out of the environment, so that only those programs know it that are given it."""
    for name in OWNER_NAMES:
        os.environ.pop(name, None)


def adopt_database(folder: Path = FOLDER) -> None:
    """For commands run by hand in development: where no database is named, use the demo's; it is started unless it runs.

    Does nothing where the demo has never run. Raises SettingsError, and ClickException when the server does not start.
    """
    if not folder.exists() or os.environ.get("APP_DATABASE_URL"):
        return
    given = given_settings()
    if given.database_url is None and given.environment == "development":
        announce(given, _started(folder))


def _started(folder: Path) -> str:
    """The owner's address on a server that ends with this process."""
    try:
        return ensure_database(Server.start(folder.absolute()), DATABASE)
    except PostgresError as error:
        raise click.ClickException(str(error)) from None
