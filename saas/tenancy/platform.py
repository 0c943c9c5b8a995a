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


def migrate_platform() -> bool:
    """Bring logins, roles, queue and platform tables up to this release; returns whether there was anything to migrate."""
    prepare(settings())
    if revision() == head():
        return False
    command.upgrade(_config(), "head")
    grant_platform(settings())
    return True


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
    config.set_main_option("script_location", str(MIGRATIONS / "platform"))
    return config
