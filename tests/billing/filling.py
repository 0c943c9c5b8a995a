"""Two years of ten thousand subscriptions at once, for the benchmark."""

from datetime import datetime

from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work

_FILL = """
    INSERT INTO platform.subscription_states
        (subscription_id, at, source, tenant_id, status, paying, plan, cycle, currency, amount, months, reason)
    SELECT 'sub_' || md5(n::text), moment + make_interval(secs => n %% 86400), '1 evt_' || md5(n || '-' || step),
        ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
        CASE WHEN step = 0 THEN 'trialing' WHEN gone THEN 'canceled' ELSE 'active' END, step > 0 AND NOT gone,
        (ARRAY['basic', 'pro', 'max'])[1 + n %% 3], CASE WHEN n %% 4 = 0 THEN 'year' ELSE 'month' END, 'EUR',
        (1900 + n %% 3 * 3000 + CASE WHEN step > 9 THEN n %% 5 * 700 - n %% 7 * 300 ELSE 0 END)
            * CASE WHEN n %% 4 = 0 THEN 10 ELSE 1 END,
        CASE WHEN n %% 4 = 0 THEN 12 ELSE 1 END,
        CASE WHEN gone THEN (ARRAY['cancellation_requested', 'payment_failed'])[1 + n %% 2] ELSE '' END
    FROM generate_series(1, %(tenants)s) AS n, generate_series(0, %(months)s) AS step,
        LATERAL (SELECT %(until)s - make_interval(months => %(months)s - step) AS moment,
                        n %% 11 = 0 AND step > 3 + n %% 17 AND (n %% 22 = 0 OR step < 22) AS gone) AS facts
"""


def fill_states(*, tenants: int, months: int, until: datetime) -> None:
    """So many subscriptions, tried first and then renewed each month; some grow, shrink, leave and come back."""
    with platform_work() as session:
        given = {"tenants": tenants, "months": months, "until": until}
        session.connection().exec_driver_sql("SET LOCAL statement_timeout TO '1h'")
        session.connection().exec_driver_sql(_FILL, given)
    with owner_connection() as connection:
        connection.execute(b"VACUUM ANALYZE platform.subscription_states")
