"""Usage: events, totals, roll-ups

Revision: t0004, after t0003; 2026-11-21 17:05:13.440182+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 't0004'
down_revision = 't0003'
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('usage_events',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('quantity', sa.Numeric(), nullable=False),
    sa.Column('cost', sa.Numeric(), nullable=False),
    sa.Column('dimension', sa.Text(), nullable=False),
    sa.Column('module', sa.Text(), nullable=False),
    sa.Column('resource', sa.Text(), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('key', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_events')),
    sa.UniqueConstraint('key', name=op.f('uq_usage_events_key'))
    )
    op.create_index('ix_usage_events_meter_at', 'usage_events', ['meter', 'at'], unique=False)
    op.create_table('usage_rollups',
    sa.Column('grain', sa.Text(), nullable=False),
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('facet', sa.Text(), nullable=False),
    sa.Column('start', MOMENT, nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('quantity', sa.Numeric(), nullable=False),
    sa.Column('cost', sa.Numeric(), nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False),
    sa.Column('failed', sa.BigInteger(), nullable=False),
    sa.Column('timed', sa.BigInteger(), nullable=False),
    sa.Column('duration_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('grain', 'meter', 'facet', 'start', 'value', name=op.f('pk_usage_rollups'))
    )
    op.create_table('usage_totals',
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('period', sa.Date(), nullable=False),
    sa.Column('used', sa.Numeric(), nullable=False),
    sa.Column('cost', sa.Numeric(), nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('meter', 'period', name=op.f('pk_usage_totals'))
    )


def downgrade() -> None:
    op.drop_table('usage_totals')
    op.drop_table('usage_rollups')
    op.drop_index('ix_usage_events_meter_at', table_name='usage_events')
    op.drop_table('usage_events')
