"""The platform's own schema: prepared, migrated to its head, rights given."""

from functools import cache

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from saas.core.logins import Login
from saas.core.runtime import settings
from saas.tenancy.history import MIGRATIONS
from saas.tenancy.prepare import grant_platform, prepare

_LOCK = "SELECT pg_advisory_lock(7310003)"


def migrate_platform() -> bool:
    """Bring logins, roles, queue, platform tables and rights up to this release; returns whether tables were migrated.

    Waits for another process that does the same. Raises SettingsError when the owner's login lacks a right.
    """
    with psycopg.connect(settings().login(Login.OWNER), autocommit=True) as alone:
        alone.execute(_LOCK)
        prepare(settings())
        behind = revision() != head()
        if behind:
            command.upgrade(_config(), "head")
        grant_platform(settings())
    return behind


def revision() -> str | None:
    """The revision of the platform's tables; None before the first migration."""
    with psycopg.connect(settings().login(Login.OWNER)) as connection:
        if connection.execute("SELECT to_regclass('platform.alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM platform.alembic_version").fetchone()
    return str(row[0]) if row else None


@cache
def head() -> str | None:
    """The newest revision in ``migrations/platform``."""
    return ScriptDirectory(str(MIGRATIONS / "platform")).get_current_head()


def _config() -> Config:
    config = Config(str(MIGRATIONS / "platform" / "alembic.ini"))
    config.set_main_option("script_location", str(MIGRATIONS / "platform").replace("%", "%%"))
    return config
