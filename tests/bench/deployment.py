"""A deployment of its own for the benchmarks: durable commits, nothing switched off."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from saas.app import create_app
from saas.core.settings import Settings
from saas.sandbox.postgres import Server, ensure_database
from saas.tenancy.platform import migrate_platform

DATABASE = "bench"
CATALOGUE = Path(__file__).resolve().parents[1] / "catalogue.toml"


@contextmanager
def deployment() -> Iterator[tuple[Flask, Settings]]:
    """A PostgreSQL with fsync on, a migrated database, an application."""
    with tempfile.TemporaryDirectory(prefix="saas-bench-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)
        with Server.start(folder / "postgres", settings={"max_connections": "120"}) as server:
            settings = bench_settings(ensure_database(server, DATABASE), folder)
            app = create_app(settings)
            migrate_platform()
            yield app, settings


def bench_settings(url: str, folder: Path) -> Settings:
    """Settings as production has them, but for secrets, mail and https."""
    return Settings(
        environment="test",
        database_url=url,
        base_domain="bench.example.test",
        catalogue=str(CATALOGUE),
        files_dir=folder / "files",
        mailbox_dir=folder / "mailbox",
        log_level="ERROR",
        tenant_cache_seconds=300,
        web_processes=2,
        db_pool_size=8,
        db_max_overflow=0,
        spare_schemas=5,
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment in which another process has the same settings."""
    assert settings.database_url is not None
    given = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BASE_DOMAIN": settings.base_domain,
        "CATALOGUE": settings.catalogue,
        "FILES_DIR": str(settings.files_dir),
        "MAILBOX_DIR": str(settings.mailbox_dir),
        "LOG_LEVEL": "ERROR",
        "TENANT_CACHE_SECONDS": "300",
        "WEB_PROCESSES": "2",
        "DB_POOL_SIZE": "8",
        "DB_MAX_OVERFLOW": "0",
    }
    return {**os.environ, **given}
