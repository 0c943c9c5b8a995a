"""What a scope costs: the same ORM statements in scoped sessions and in plain ones, turn by turn."""

import random
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from saas.accounts.models import User, UserSession
from saas.core.logins import Login
from saas.core.settings import Settings
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope
from tests.bench.load import memory_mb
from tests.bench.report import Report, median
from tests.cast import found

ROUNDS, TRANSACTIONS = 9, 200


def scoping(report: Report, settings: Settings) -> None:
    """Microseconds of a transaction with four ORM queries, with and without scope."""
    organisation = found("Scope", owner="Alice", people={"Bob": "member"})
    plain = create_engine(
        settings.login(Login.OWNER),
        pool_size=1,
        connect_args={"prepare_threshold": None, "options": f"-c search_path={organisation.schema_name}"},
    )

    def without() -> None:
        with Session(plain) as session:
            _work(session)

    def scoped() -> None:
        with tenant_scope(organisation) as session:
            _work(session)

    times: dict[str, list[float]] = {"without": [], "scoped": []}
    for _ in range(ROUNDS):
        turns = [("without", without), ("scoped", scoped)]
        random.shuffle(turns)
        for name, turn in turns:
            began = perf_counter()
            for _ in range(TRANSACTIONS):
                turn()
            times[name].append((perf_counter() - began) / TRANSACTIONS * 1e6)
    plain.dispose()
    report.add("four ORM queries without scope", median(times["without"]), "µs")
    report.add("the same in a tenant's scope (path + role)", median(times["scoped"]), "µs")
    report.add("scope : without", median(times["scoped"]) / median(times["without"]), "of 1", at_most=1.10)


def _work(session: Session) -> None:
    session.scalars(select(User).order_by(User.name).limit(20)).all()
    session.scalar(select(func.count()).select_from(User))
    session.scalars(select(UserSession).limit(20)).all()
    session.scalar(select(func.count()).select_from(UserSession))


def connection_memory(report: Report, settings: Settings) -> None:
    """What one server connection keeps after serving a thousand tenants, with and without the pool's budget."""
    with owner_connection() as connection:
        connection.execute(f"SET ROLE {settings.role_prefix}_platform".encode())
        rows = connection.execute(
            "SELECT id, schema_name FROM platform.tenants ORDER BY created_at DESC LIMIT 1000"
        ).fetchall()
    peak, pids = 0.0, set()
    for tenant_id, schema in rows:
        with tenant_scope(_Visited(tenant_id, schema)) as session:
            _work(session)
            pid = session.scalars(select(func.pg_backend_pid())).one()
            pids.add(pid)
            peak = max(peak, memory_mb(pid))
    report.add(
        f"peak of a server connection while visiting {len(rows)} tenants",
        peak,
        "MB",
        at_most=150,
        note=f"{len(pids)} connections used",
    )


@dataclass(frozen=True, slots=True)
class _Visited:
    id: UUID
    schema_name: str
