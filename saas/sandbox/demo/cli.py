"""The command ``saas demo``. It makes the application itself, once there is a database."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

import click

from saas.app import create_app
from saas.core.errors import DomainError
from saas.core.logins import Login
from saas.core.runtime import settings
from saas.core.settings import Settings
from saas.sandbox.demo import data, ground, paying
from saas.sandbox.demo.banner import banner
from saas.sandbox.demo.names import Names
from saas.sandbox.demo.payments import Payments
from saas.sandbox.supervisor import Program, Watch, supervise
from saas.tenancy.migrations import Report, migrate_tenants
from saas.tenancy.platform import migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up

READY = "/health/ready"
TOLD_EVERY = 100


@click.command()
@click.option("--reset", is_flag=True, help="Delete its database, files and mail instead, to begin anew.")
def demo(reset: bool) -> None:
    """Set everything up, load demo data once, run web and worker; Ctrl-C ends all of it."""
    given = ground.given_settings()
    if reset:
        ground.reset(given)
        click.echo("The demo's database, files and mail are deleted.")
    else:
        ground.check(given)
        sys.exit(_from_the_ground_up(given))


def _from_the_ground_up(given: Settings) -> int:
    """The demo, until it ends; its exit code."""
    with ground.alone(given), ground.database(given) as (url, keeper):
        click.echo(f"Using {f'PostgreSQL in {ground.FOLDER}' if keeper else 'the given database'}.")
        ground.announce(given, url)
        payments = Payments.prepare(given)
        names = Names.prepare(given)
        for stand_in in (payments, names):
            os.environ.update(stand_in.environment if stand_in else {})
        with _step("Checking the schema"):
            create_app()
            _migrate()
        _load()
        _pay(payments)
        return _run(settings(), {"database": keeper.watch} if keeper else {}, payments, names)


@contextmanager
def _step(label: str) -> Iterator[None]:
    began = perf_counter()
    click.echo(f"{label} …", nl=False)
    try:
        yield
    except BaseException:
        click.echo()
        raise
    click.echo(f" done ({perf_counter() - began:.1f} s).")


def _migrate() -> None:
    migrate_platform()
    report = migrate_tenants(progress=_show)
    for schema, error in report.failed.items():
        click.secho(f"\n  {schema} could not be migrated: {error}", fg="red", err=True)
    with owner_connection() as connection:
        top_up(connection, settings().spare_schemas)


def _show(report: Report) -> None:
    if report.done == report.total or report.done % TOLD_EVERY == 0:
        click.echo(f" {report.done} of {report.total} migrated …", nl=False)


def _load() -> None:
    if not data.is_loaded():
        with _step("Loading demo data"):
            data.load(lambda name: click.echo(f" {name} …", nl=False))


def _pay(payments: Payments | None) -> None:
    if payments and not paying.is_paid(payments):
        try:
            with _step("Loading payments"):
                paying.pay(payments)
        except DomainError as error:
            click.secho(f"The payments of the demo could not be loaded: {error.message}", fg="red", err=True)
            click.echo("The database may know another Stripe; `make reset` begins anew.", err=True)


def _run(own: Settings, watches: Mapping[str, Watch], payments: Payments | None, names: Names | None) -> int:
    ground.hide_owner()
    owner = own.login(Login.OWNER)
    return supervise(
        [
            Program("web", _web(own), _logins_of_web(own)),
            Program("worker", _worker(), {"DATABASE_URL": owner}, waits=True),
            *([payments.program(own)] if payments else []),
            *([names.program()] if names else []),
        ],
        watches=watches,
        ready_url=f"http://127.0.0.1:{own.port}{READY}",
        banner=_words(own, owner, payments, names),
    )


def _words(own: Settings, owner: str, payments: Payments | None, names: Names | None) -> str:
    words = banner(own, database=owner, payments=payments.url if payments else "", names=names.url if names else "")
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return words if coloured else click.unstyle(words)


def _web(own: Settings) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": str(own.port),
        "--workers": str(own.web_processes),
        "--blocking-threads": str(own.web_threads),
        "--log-level": "warning",
    }
    return [
        sys.executable,
        "-m",
        "granian",
        *(part for option in options.items() for part in option),
        "--factory",
        "saas:create_app",
    ]


def _logins_of_web(own: Settings) -> dict[str, str]:
    """As in production, web processes do not know the owner's login."""
    return {"APP_DATABASE_URL": own.login(Login.APP)}


def _worker() -> list[str]:
    return [sys.executable, "-m", "saas", "worker"]
