"""How long a deploy takes over a thousand tenants: with nothing to do, and with a column and an index for each."""

from saas.tenancy.history import History, Step, tenant_history
from saas.tenancy.migrations import migrate_tenants
from saas.tenancy.provisioning import owner_connection
from tests.bench.report import Report

COLUMN = "bench_note"


def deploy(report: Report, tenants: int) -> None:
    """The no-op, then the change, then the change undone so that the schemas fit the code again."""
    report.add(f"no-op deploy over {tenants} tenants", migrate_tenants().seconds, "s", at_most=1)
    present = tenant_history()
    grown = History(
        (
            *present.steps,
            Step(
                "bench", (f"ALTER TABLE users ADD COLUMN {COLUMN} text", f"CREATE INDEX ix_bench ON users ({COLUMN})")
            ),
        )
    )
    result = migrate_tenants(history=grown, connections=2)
    assert not result.failed, result.failed
    report.add(f"column + index over {result.total} schemas, one transaction each", result.seconds, "s", at_most=3)
    report.add(
        "schemas with the new column and its index, checked one by one", _changed(), "schemas", at_least=result.total
    )
    back = History((*grown.steps, Step(present.head, (f"ALTER TABLE users DROP COLUMN {COLUMN}",))))
    _return(back)


def _changed() -> int:
    query = """
        SELECT count(*) FROM pg_namespace n
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'users'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bench_note' AND NOT a.attisdropped
        JOIN pg_class i ON i.relnamespace = n.oid AND i.relname = 'ix_bench' AND i.relkind = 'i'
        WHERE n.nspname ~ '^t_'
    """
    with owner_connection() as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _return(history: History) -> None:
    tail = History((Step("bench", ()), history.steps[-1]))
    result = migrate_tenants(history=tail, connections=2)
    assert not result.failed, result.failed
