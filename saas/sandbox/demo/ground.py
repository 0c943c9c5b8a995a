"""What the demo stands on: a free port, a database, and the settings that its programs are given by the environment."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from saas.catalogue.reading import path_of
from saas.core.settings import INSTANCE, Settings
from saas.core.settingsloading import load_settings
from saas.sandbox.demo import note
from saas.sandbox.demo.keeper import Keeper
from saas.sandbox.postgres import PostgresError, Server, ensure_database, remove_server
from saas.sandbox.readiness import port_is_taken

FOLDER = INSTANCE / "postgres"
DATABASE = "saas"
MADE = ("dns", "files", "mailbox", "stripe")
OWNER_NAMES = ("DATABASE_URL", "MASTER_DATABASE_URL")
_ANY = "postgresql:///any"


def given_settings() -> Settings:
    """The settings as they were given; only here may ``database_url`` be missing. Raises SettingsError."""
    return load_settings(app_database_url=_ANY, jobs_database_url=_ANY)


def check(given: Settings) -> None:
    """Raise ClickException, before anything is started, when the demo must not or cannot run here."""
    refuse_production(given)
    refuse_running(given)
    if port_is_taken(given.port):
        raise click.ClickException(
            f"Port {given.port} is taken by another program. Choose another one: PORT={given.port + 1} make demo"
        )


def refuse_production(given: Settings) -> None:
    """Raise ClickException where the settings are those of production."""
    if given.environment == "production":
        raise click.ClickException("The demo is for development, and ENVIRONMENT says production.")


def refuse_running(given: Settings) -> None:
    """Raise ClickException where the demo of this folder runs."""
    if demo := note.running():
        address = given.model_copy(update={"port": demo.port}).public_url(given.base_domain)
        raise click.ClickException(f"The demo runs already, at {address} (Ctrl-C in its terminal ends it).")


@contextmanager
def alone(given: Settings) -> Iterator[None]:
    """Be the one demo of this folder for the block; raises ClickException."""
    try:
        with note.held(note.Running(given.port, str(path_of(given.catalogue).absolute()))):
            yield
    except note.RunsAlready:
        raise click.ClickException("The demo is being started already in this folder.") from None


@contextmanager
def database(given: Settings, folder: Path = FOLDER) -> Iterator[tuple[str, Keeper | None]]:
    """The owner's address of the database that was given; else of an embedded server, which is kept for the block."""
    if given.database_url is not None:
        yield given.database_url.get_secret_value(), None
        return
    with _told():
        keeper = Keeper(folder.absolute())
    try:
        yield ensure_database(keeper.server, DATABASE), keeper
    finally:
        keeper.stop()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except PostgresError as error:
        raise click.ClickException(str(error)) from None


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
        with _told():  # the server ends with this process
            os.environ["DATABASE_URL"] = ensure_database(Server.start(folder.absolute()), DATABASE)


def adopt_running() -> None:
    """For commands run by hand in development: while the demo runs, addresses lead to it where no port is named, and what it sells
    is sold where no catalogue is named."""
    if (demo := note.running()) is None:
        return
    given = given_settings()
    if given.environment != "development":
        return
    if not {"port", "public_port"} & given.model_fields_set:
        os.environ["PUBLIC_PORT"] = str(demo.port)
    if "catalogue" not in given.model_fields_set:
        os.environ["CATALOGUE"] = demo.catalogue


def reset(given: Settings) -> None:
    """Delete what the demo has made: database, files, mail, payments and zones. Raises ClickException while anything uses them."""
    refuse_production(given)
    refuse_running(given)
    with _told():
        remove_server(FOLDER)
    for name in MADE:
        shutil.rmtree(INSTANCE / name, ignore_errors=True)
    note.NOTE.unlink(missing_ok=True)
