"""The history of tenant schemas: which revisions there are, and each step's SQL, rendered once."""

from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


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
        """The steps that a schema at this revision still needs; all for an unknown one raises LookupError."""
        for number, step in enumerate(self.steps):
            if step.revision == revision:
                return self.steps[number + 1 :]
        raise LookupError(f"revision {revision} is not in the history")


@cache
def tenant_history() -> History:
    """The history in ``migrations/tenant``, read and rendered once in a process."""
    return read_history(MIGRATIONS / "tenant")


def read_history(folder: Path) -> History:
    """Read a migrations folder and render its upgrades to SQL."""
    scripts = reversed(list(ScriptDirectory(str(folder)).walk_revisions()))
    return History(tuple(Step(script.revision, tuple(_render(script.module.upgrade))) for script in scripts))


def _render(upgrade: object) -> list[str]:
    statements: list[str] = []
    context = MigrationContext.configure(
        dialect=PGDialect_psycopg(paramstyle="named"), opts={"as_sql": True, "output_buffer": StringIO()}
    )
    context.impl.static_output = statements.append  # type: ignore[method-assign]
    with Operations.context(context):
        upgrade()  # type: ignore[operator]
    return [statement.rstrip().removesuffix(";") for statement in statements]
