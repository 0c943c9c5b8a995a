"""The ledger in SQL, in few passes over the order of its primary key.

Worth is counted in parts of a minor unit so small (``:unit`` to one) that every amount of every cycle is a whole number of them:
sums are exact. Of the rows of a subscription in one second the last counts, by moment and then by ``source``.
"""

# ruff: noqa: S608 - all that is put together here are our own words
from typing import Final

IN_ORDER: Final = (
    "SELECT set_config('enable_sort', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)
AS_EVER: Final = (
    "SELECT set_config(name, reset_val, true) FROM pg_settings"
    " WHERE name IN ('enable_sort', 'max_parallel_workers_per_gather')"
)
"""Row security makes the planner expect one row of two hundred, so it would sort what an index holds in order: twice as slow."""

_CHANGES = """
    rows AS (
        SELECT subscription_id, tenant_id, at, source, status, reason,
               CASE WHEN paying THEN amount * (CAST(:unit AS bigint) / months) ELSE 0 END AS worth
        FROM platform.subscription_states WHERE currency = :currency
    ),
    differing AS (
        SELECT * FROM (
            SELECT *, worth IS DISTINCT FROM lag(worth) OVER own
                      OR status || ' ' || reason IS DISTINCT FROM lag(status || ' ' || reason) OVER own AS differs
            FROM rows WINDOW own AS (PARTITION BY subscription_id ORDER BY at, source)
        ) AS compared
        WHERE differs
    ),
    told AS (
        SELECT *, date_trunc('second', at) AS second,
               lead(date_trunc('second', at)) OVER (PARTITION BY subscription_id ORDER BY at, source) AS next
        FROM differing
    ),
    changes AS MATERIALIZED (
        SELECT subscription_id, tenant_id, second AS at, worth, worth - lag(worth, 1, 0::bigint) OVER own AS change,
               lag(status) OVER own = 'trialing' AND status <> 'trialing' AS trial_ended,
               CASE WHEN status = 'paused' THEN 'paused'
                    WHEN status = 'unpaid' OR reason IN ('payment_failed', 'payment_disputed') THEN 'payment'
                    WHEN reason = '' AND lag(status) OVER own = 'past_due' THEN 'payment'
                    ELSE 'asked' END AS cause
        FROM told WHERE next IS DISTINCT FROM second WINDOW own AS (PARTITION BY subscription_id ORDER BY at, source)
    )
"""
"""Where a subscription's worth changed, or its trial ended. Most rows of the ledger repeat the one before and are dropped first;
of the others the last of each second counts."""

_MOVEMENTS = f"""
    {_CHANGES},
    moments AS (
        SELECT tenant_id, at, sum(change)::bigint AS change, (array_agg(cause ORDER BY change, cause))[1] AS cause
        FROM changes WHERE change <> 0 GROUP BY tenant_id, at HAVING sum(change) <> 0
    ),
    standing AS (
        SELECT *, (sum(change) OVER own)::bigint AS after, row_number() OVER own = 1 AS first
        FROM moments WINDOW own AS (PARTITION BY tenant_id ORDER BY at)
    ),
    movements AS (
        SELECT tenant_id, at, change, after - change AS before, after,
               CASE WHEN after = 0 THEN cause ELSE '' END AS cause,
               CASE WHEN first THEN 'new' WHEN after = change THEN 'reactivation' WHEN after = 0 THEN 'churn'
                    WHEN change > 0 THEN 'expansion' ELSE 'contraction' END AS kind
        FROM standing
    )
"""
"""How the worth of each customer changed: sums over its subscriptions, and what they differ by from one moment to the next."""

MOVEMENTS: Final = f"""
    WITH {_MOVEMENTS}
    SELECT tenant_id, at, kind, change, after, cause FROM movements
    WHERE at >= :since AND at < :until ORDER BY at, tenant_id
"""

_PERIODS = """
    (VALUES (0, width_bucket(at, CAST(:bounds AS timestamptz[]))), (1, width_bucket(at, CAST(:whole AS timestamptz[]))))
    AS dated (series, period)
"""
_SUMMED = (
    *("new", "reactivation", "expansion", "contraction", "churn", "came", "came_back", "kept", "cut"),
    *("asked", "payment", "paused", "asked_mrr", "payment_mrr", "paused_mrr"),
)

FLOWS: Final = f"""
    WITH {_MOVEMENTS},
    dated AS (
        SELECT movements.*, series, period, first_value(before) OVER own AS opening,
               count(*) FILTER (WHERE kind = 'churn') OVER (own ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS gone
        FROM movements, LATERAL {_PERIODS} WINDOW own AS (PARTITION BY tenant_id, series, period ORDER BY at)
    ),
    by_customer AS (
        SELECT series, period,
               sum(change) FILTER (WHERE kind = 'new') AS new,
               sum(change) FILTER (WHERE kind = 'reactivation') AS reactivation,
               sum(change) FILTER (WHERE kind = 'expansion') AS expansion,
               -sum(change) FILTER (WHERE kind = 'contraction') AS contraction,
               -sum(change) FILTER (WHERE kind = 'churn') AS churn,
               count(*) FILTER (WHERE kind = 'new') AS came,
               count(*) FILTER (WHERE kind = 'reactivation') AS came_back,
               count(*) FILTER (WHERE cause = 'asked') AS asked,
               count(*) FILTER (WHERE cause = 'payment') AS payment,
               count(*) FILTER (WHERE cause = 'paused') AS paused,
               -sum(change) FILTER (WHERE cause = 'asked') AS asked_mrr,
               -sum(change) FILTER (WHERE cause = 'payment') AS payment_mrr,
               -sum(change) FILTER (WHERE cause = 'paused') AS paused_mrr,
               sum(change) FILTER (WHERE opening > 0 AND gone = 0) AS kept,
               least(max(opening), coalesce(-sum(change) FILTER (WHERE opening > 0 AND gone = 0 AND change < 0), 0)) AS cut
        FROM dated GROUP BY tenant_id, series, period
    ),
    trials AS (
        SELECT series, period, count(*) AS ended, count(*) FILTER (WHERE paid_at >= at) AS converted
        FROM (SELECT *, max(at) FILTER (WHERE worth > 0) OVER (PARTITION BY subscription_id) AS paid_at FROM changes) AS c,
             LATERAL {_PERIODS}
        WHERE trial_ended GROUP BY series, period
    ),
    sums AS (
        SELECT series, period, {", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in _SUMMED)}
        FROM by_customer GROUP BY series, period
    )
    SELECT * FROM sums FULL JOIN trials USING (series, period)
"""
"""What moved, by periods of two series. Period 0 is all that was before the first bound; what is after the last one falls into a
period that nobody asks for."""

PARTS: Final = """
    WITH newest AS (
        SELECT DISTINCT ON (subscription_id) plan, cycle, paying, amount * (CAST(:unit AS bigint) / months) AS worth
        FROM platform.subscription_states WHERE currency = :currency AND date_trunc('second', at) < :moment
        ORDER BY subscription_id DESC, at DESC, source DESC
    )
    SELECT plan, cycle, count(*) AS subscriptions, sum(worth) AS worth FROM newest WHERE paying AND worth > 0
    GROUP BY plan, cycle ORDER BY sum(worth) DESC, plan, cycle
"""
"""What subscriptions were worth just before a moment, by plan and cycle."""
