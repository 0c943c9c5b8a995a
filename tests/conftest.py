"""What every test stands on: one PostgreSQL for the run, a database for each worker, an application, a cast of people."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from hypothesis import settings as hypothesis_settings

from saas.__main__ import Commands
from saas.accounts import passwords
from saas.app import create_app
from saas.catalogue.current import catalogue, install_catalogue
from saas.core.scope import scope_or_none
from saas.core.settings import Settings
from saas.sandbox.postgres import Server, ensure_database, remove_server
from saas.tenancy.commands import commands
from saas.tenancy.directory import directory
from saas.tenancy.platform import migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up
from tests import recycling
from tests.cast import Cast, Organisation, found
from tests.support import Browser, Mailbox, statements_sent, work_off

HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")
passwords.hasher = passwords.make_hasher(passes=1, kibibytes=8)
stripe.HTTPClient.INITIAL_DELAY = stripe.HTTPClient.MAX_DELAY = 0.01
_servers: list[Server] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        default=bool(os.environ.get("REQUIRE_ALL")),
        help="fail where a program is missing",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server; workers are told where it is."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="saas-tests-"))
    folder.chmod(0o711)
    os.environ["SAAS_TEST_POSTGRES"] = str(folder / "postgres")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # tests start programs by the hundred: compile them once
    _servers.append(Server.start(folder / "postgres", settings=HASTE | {"max_connections": "300"}))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller stops the server and takes its folder away."""
    for server in _servers:
        server.stop()
        data = Path(os.environ["SAAS_TEST_POSTGRES"])
        remove_server(data)
        shutil.rmtree(data.parent, ignore_errors=True)


def pytest_collection_finish() -> None:
    """What was imported stays: looking for garbage in it would take a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With ``--all`` nothing is skipped except what needs an account with an outside company."""
    report: pytest.TestReport = yield
    if report.skipped and item.config.getoption("--all") and not item.get_closest_marker("outside_account"):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def server() -> Server:
    """The run's PostgreSQL."""
    return Server.start(Path(os.environ["SAAS_TEST_POSTGRES"]))


@pytest.fixture(scope="session")
def worker_name() -> str:
    """This test worker's name, fit for a database."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def settings(server: Server, worker_name: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a deployment of this worker's own."""
    folder = tmp_path_factory.mktemp("instance")
    return Settings(
        environment="test",
        database_url=ensure_database(server, f"test_{worker_name}"),
        base_domain="example.test",
        product_name="Keystone",
        catalogue=str(Path(__file__).with_name("catalogue.toml")),
        files_dir=folder / "files",
        mailbox_dir=folder / "mailbox",
        tenant_cache_seconds=300,
        db_pool_size=5,
        db_max_overflow=5,
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application on a migrated database with spare schemas."""
    app = create_app(settings)
    migrate_platform()
    with owner_connection() as connection:
        top_up(connection, 3)
    return app


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test inherits a remembered tenant, an organisation, mail or an open scope from another."""
    directory.forget()
    founding = "app" in request.fixturenames
    if founding:
        request.getfixturevalue("app")
        recycling.here().keep()
    if "settings" in request.fixturenames:
        shutil.rmtree(request.getfixturevalue("settings").mailbox_dir, ignore_errors=True)
    yield
    assert scope_or_none() is None, "a scope was left open"
    if founding:
        recycling.here().give_back()


@pytest.fixture
def without_free_plan(app: Flask) -> Iterator[None]:
    """A catalogue in which every plan costs something."""
    before = catalogue()
    install_catalogue(before.model_copy(update={"plans": {n: p for n, p in before.plans.items() if n != "free"}}))
    yield
    install_catalogue(before)


@pytest.fixture
def acme(app: Flask) -> Organisation:
    """Acme: Alice owns it, Adam administers, Bob is a member, Vera only looks."""
    return found("Acme", owner="Alice", people={"Adam": "admin", "Bob": "member", "Vera": "viewer"})


@pytest.fixture
def umbrella(app: Flask) -> Organisation:
    """Umbrella: Charlie owns it and knows nobody at Acme."""
    return found("Umbrella", owner="Charlie", people={})


@pytest.fixture
def cast(app: Flask, acme: Organisation, umbrella: Organisation) -> Cast:
    """Both organisations."""
    return Cast(acme, umbrella)


@pytest.fixture
def apex(app: Flask) -> Browser:
    """A browser of nobody on the apex."""
    return Browser(app, "example.test")


@pytest.fixture
def browse(app: Flask) -> Callable[..., Browser]:
    """A browser on an organisation's site: ``browse(acme)`` for a stranger, ``browse(acme, "Bob")`` signed in."""

    def open_browser(organisation: Organisation, person: str | None = None) -> Browser:
        browser = Browser(app, organisation.host)
        if person:
            browser.carry_session(organisation.session_of(person))
        return browser

    return open_browser


@pytest.fixture
def mailbox(settings: Settings, run_jobs: Callable[[], None]) -> Mailbox:
    """The mail sent in this test; reading it first runs the waiting jobs."""
    return Mailbox(settings.mailbox_dir, run_jobs)


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], None]:
    """Run the queue until it is empty."""
    return work_off


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent so far; clear it before what is to be counted."""
    with statements_sent() as sent:
        yield sent


@pytest.fixture
def saas(app: Flask) -> Callable[..., Result]:
    """The command line: ``saas("tenants", "list")``; what was printed to both streams is in ``output``."""
    top = Commands(name="saas", create_app=lambda: app, add_version_option=False)
    for command in commands:
        top.add_command(command)

    def run(*arguments: str, input: str | None = None) -> Result:
        runner = app.test_cli_runner()
        return runner.invoke(top, arguments, input=input, obj=ScriptInfo(create_app=lambda: app))

    return run
