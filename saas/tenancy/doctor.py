"""The doctor: looks at a deployment from the outside in and says what is well, what is not, and how to mend it."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg

from saas.core.errors import first_line
from saas.core.extensions import limiter
from saas.core.logins import Login
from saas.core.runtime import runtime, settings
from saas.core.settings import DEVELOPMENT_KEY, DEVELOPMENT_SECRET, SettingsError
from saas.core.storage import fault_of
from saas.tenancy import platform
from saas.tenancy.checks import CHECKS, Check
from saas.tenancy.findings import Finding, failure, warning, well
from saas.tenancy.prepare import made_with_roles

Connections = dict[Login, psycopg.Connection]

_NEEDS = {
    Login.OWNER: "Check DATABASE_URL: host, name, password",
    Login.APP: "Run `saas migrate`, which makes this login; behind a pooler, tell the pooler of it",
    Login.JOBS: "Run `saas migrate`, which makes this login",
}


_MEND_FILES = {
    False: "Mend the folder, or set FILES_DIR",
    True: "Check FILES_URL: host, bucket, keys; they must be allowed to put, get, list and delete objects",
}


def examine() -> Iterator[Finding]:
    """All findings in order; needs the settings to be loaded, and nothing else."""
    yield from _secrets()
    yield from _files()
    yield from _limits()
    with ExitStack() as stack:
        found: Connections = {}
        yield from _connect(stack, found)
        if Login.OWNER in found:
            yield from _ask(found[Login.OWNER])
        yield from _poolers(stack, found)
        if Login.APP in found:
            yield from _default_path(found[Login.APP])


def _secrets() -> Iterator[Finding]:
    given, place = settings(), settings().environment
    secrets = {given.secret_key.get_secret_value(), given.jwt_secret.get_secret_value()}
    if place != "production" and (
        DEVELOPMENT_SECRET in secrets or given.master_keys.get_secret_value() == DEVELOPMENT_KEY
    ):
        yield warning(
            f"The settings hold; {place} uses secrets that everybody knows",
            "Set ENVIRONMENT=production where it counts",
        )
    else:
        yield well(f"The settings hold for {place}")


def _files() -> Iterator[Finding]:
    if fault := runtime().storage.fault():
        yield failure(f"Files cannot be kept: {fault}", _MEND_FILES[bool(settings().files_url.get_secret_value())])
    else:
        yield well(f"Files are kept in {runtime().storage.place}")
    if settings().certificates != "acme":
        return
    if fault := fault_of(settings().certificates_dir):
        yield failure(f"Certificates cannot be kept: {fault}", "Mend or mount the folder, or set CERTIFICATES_DIR")
    else:
        yield well(f"Certificates are kept in {settings().certificates_dir}")


def _limits() -> Iterator[Finding]:
    if settings().redis_url is None:
        return
    if limiter.storage.check():
        yield well("Redis holds the rate limits")
    else:
        yield failure("Redis does not answer; each process counts for itself meanwhile", "Check REDIS_URL")


def _connect(stack: ExitStack, found: Connections) -> Iterator[Finding]:
    faults: dict[str, list[Login]] = {}
    for login in Login:
        try:
            found[login] = stack.enter_context(_connection(login))
        except (psycopg.Error, SettingsError) as error:
            faults.setdefault(first_line(error), []).append(login)
    for fault, logins in faults.items():
        names = " and ".join(filter(None, [", ".join(logins[:-1]), logins[-1]]))
        yield failure(f"The {names} login{'s'[: len(logins) - 1]} cannot connect: {fault}", _NEEDS[logins[0]])
    if len(found) == len(Login):
        yield well("The logins owner, app and jobs connect")


def _connection(login: Login) -> psycopg.Connection:
    return psycopg.connect(settings().login(login), autocommit=True, prepare_threshold=None, connect_timeout=5)


def _ask(owner: psycopg.Connection) -> Iterator[Finding]:
    if platform.revision() is None:
        yield failure("The database is not set up yet", "saas migrate")
        return
    if made_with_roles(owner) is (not settings().tenant_roles):
        mend = "Set it back: tenants have their rights the other way, and nothing below could be told truly"
        yield failure("TENANT_ROLES is not what this database was made with", mend)
        return
    for check in CHECKS:
        yield from _safely(check, owner)


def _safely(check: Check, connection: psycopg.Connection) -> Iterator[Finding]:
    try:
        yield from check(connection)
    except psycopg.Error as error:
        yield failure(f"{check.__name__.replace('_', ' ')}: {first_line(error)}", "saas migrate")


def _poolers(stack: ExitStack, found: Connections) -> Iterator[Finding]:
    """Behind a pooler only the web login may be: the queue listens, and the owner holds locks, for longer than a transaction."""
    for login, connection in found.items():
        if not _is_pooled(connection):
            continue
        if login is Login.APP:
            mode = "transaction" if _shares_server(stack, connection) else "session"
            yield well(f"A pooler stands before the web login, in {mode} mode")
        else:
            yield failure(f"A pooler stands before the {login} login", "Give this login the server's own address")


def _is_pooled(connection: psycopg.Connection) -> bool:
    """A pooler answers with a process id of its own."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row != (connection.info.backend_pid,)


def _shares_server(stack: ExitStack, first: psycopg.Connection) -> bool:
    """Whether a second connection is served by the process that served this one between two transactions."""
    before = first.execute("SELECT pg_backend_pid()").fetchone()
    second = stack.enter_context(_connection(Login.APP))
    with second.transaction():
        return second.execute("SELECT pg_backend_pid()").fetchone() == before


def _default_path(connection: psycopg.Connection) -> Iterator[Finding]:
    row = connection.execute("SELECT current_setting('search_path')").fetchone()
    if row in (("",), ('""',)):
        yield well("The web login's default path is empty")
    else:
        mend = "Run `saas migrate`; a pooler must not set search_path, and must connect anew afterwards"
        yield failure(f"The web login's default path is {row[0] if row else '?'}", mend)
