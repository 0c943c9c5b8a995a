"""Usage by month

Revision: t0007, after t0006; 2026-11-21 20:10:00+00:00
"""

from alembic import op

revision = 't0007'
down_revision = 't0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO usage_rollups (grain, meter, facet, start, value, quantity, cost, events, failed, timed, duration_ms)"
        " SELECT 'month', meter, facet, date_trunc('month', start, 'UTC'), value,"
        " sum(quantity), sum(cost), sum(events), sum(failed), sum(timed), sum(duration_ms)"
        " FROM usage_rollups WHERE grain = 'day' GROUP BY meter, facet, date_trunc('month', start, 'UTC'), value"
    )


def downgrade() -> None:
    op.execute("DELETE FROM usage_rollups WHERE grain = 'month'")
