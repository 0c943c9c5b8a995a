"""Much usage at once, for tests and benchmarks."""

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_work
from saas.usage.operations.rolling import rebuild
from tests.cast import Organisation

PEOPLE = 200
_FILL = """
    INSERT INTO {schema}.usage_events
        (id, at, meter, quantity, cost, dimension, module, resource, actor_kind, actor_id, outcome, duration_ms, key)
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7000' || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid, moment, (ARRAY['ai_requests', 'ai_tokens', 'workflow_runs'])[1 + n %% 3],
        CASE WHEN n %% 3 = 1 THEN 100 ELSE 1 END, CASE WHEN n %% 3 = 1 THEN 0.0001 ELSE 0 END,
        CASE WHEN n %% 3 = 1 THEN (ARRAY['swift', 'steady', 'deep'])[1 + n %% 7 %% 3] ELSE '' END, 'workflows',
        'workflow_run:' || n / 3, 'member', ('00000000-0000-7000-8000-' || lpad((n %% {people})::text, 12, '0'))::uuid,
        CASE WHEN n %% 29 = 0 THEN 'failed' ELSE 'ok' END, n %% 900, NULL
    FROM (SELECT n, %(until)s - (n::float / %(events)s) * interval '365 days' AS moment
          FROM generate_series(1, %(events)s) AS n) numbered
"""


def fill_events(organisation: Organisation, events: int) -> None:
    """So many events over the last year, by two hundred people, with totals and roll-ups made of them."""
    with owner_connection() as connection:
        statement = _FILL.format(schema=organisation.schema_name, people=PEOPLE)
        connection.execute(statement.encode(), {"events": events, "until": now()})
        connection.execute(f"VACUUM ANALYZE {organisation.schema_name}.usage_events".encode())
    with tenant_work(organisation) as session:
        session.connection().exec_driver_sql("SET LOCAL statement_timeout TO '1h'")
        rebuild(actor=SYSTEM)
