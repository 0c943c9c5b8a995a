"""The history of tenant schemas: which revisions there are, and each step's SQL, rendered once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_one_at_a_time = Lock()
"""Alembic's operations are one global of the process; two threads that render at once would write into each other's list."""

_ENDS_TRANSACTION = re.compile(r"(?i)\s*(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """One migration of tenant schemas and its statements, which hold SQL only (see docs/decisions)."""

    revision: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """All steps from the first to the head."""

    steps: tuple[Step, ...]

    @property
    def head(self) -> str:
        """The revision that this code is written for."""
        return self.steps[-1].revision if self.steps else "empty"

    def behind(self, revision: str) -> bool:
        """Whether a schema waits for migrations. A revision we do not know comes from newer code and is served."""
        return revision != self.head and any(step.revision == revision for step in self.steps)

    def after(self, revision: str) -> tuple[Step, ...]:
        """The steps that a schema at this revision still needs; raises LookupError for an unknown one."""
        for number, step in enumerate(self.steps):
            if step.revision == revision:
                return self.steps[number + 1 :]
        raise LookupError(f"revision {revision} is not in the history")


@cache
def tenant_history() -> History:
    """The history in ``migrations/tenant``, read and rendered once in a process."""
    return read_history(MIGRATIONS / "tenant")


def read_history(folder: Path) -> History:
    """Read a migrations folder and render its upgrades to SQL; raises ValueError for what cannot run for every tenant."""
    scripts = list(reversed(list(ScriptDirectory(str(folder)).walk_revisions())))
    for script, before in zip(scripts, [None, *(script.revision for script in scripts)], strict=False):
        if script.down_revision != before:
            raise ValueError(f"migration {script.revision} does not follow {before}: the history must be one line")
    return History(tuple(_step(script) for script in scripts))


def _step(script: Script) -> Step:
    statements = render(script.module.upgrade)
    for statement in statements:
        if _ENDS_TRANSACTION.match(statement):
            raise ValueError(
                f"migration {script.revision} ends its transaction with “{statement}”: a schema moves whole"
            )
    return Step(script.revision, statements)


def render(upgrade: Callable[[], None]) -> tuple[str, ...]:
    """The statements of an Alembic upgrade, one string each, without asking a database."""
    statements: list[str] = []
    dialect: Any = PGDialect_psycopg
    context = MigrationContext.configure(
        dialect=dialect(paramstyle="named"), opts={"as_sql": True, "output_buffer": StringIO()}
    )
    implementation: Any = context.impl
    implementation.static_output = statements.append
    with _one_at_a_time, Operations.context(context):
        upgrade()
    return tuple(statement.rstrip().removesuffix(";") for statement in statements)
