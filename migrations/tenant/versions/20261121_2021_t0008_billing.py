"""Billing: invoices, requests, reports of use

Revision: t0008, after t0007; 2026-11-21 20:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())

revision = 't0008'
down_revision = 't0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('invoices',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('paid', sa.BigInteger(), nullable=False),
    sa.Column('due', sa.BigInteger(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('due_at', MOMENT, nullable=True),
    sa.Column('paid_at', MOMENT, nullable=True),
    sa.Column('failed_at', MOMENT, nullable=True),
    sa.Column('told', sa.Integer(), nullable=True),
    sa.Column('look', sa.BigInteger(), nullable=False),
    sa.Column('facts', JSONB, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoices'))
    )
    op.create_index('ix_invoices_created_at', 'invoices', ['created_at'], unique=False)
    op.create_index(op.f('ix_invoices_number'), 'invoices', ['number'], unique=False)
    op.create_index(op.f('ix_invoices_status'), 'invoices', ['status'], unique=False)
    op.create_table('billing_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('facts', JSONB, nullable=False),
    sa.Column('stripe_id', sa.Text(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('expires_at', MOMENT, nullable=True),
    sa.Column('done_at', MOMENT, nullable=True),
    sa.CheckConstraint("state IN ('open', 'done', 'refused', 'dropped')", name=op.f('ck_billing_requests_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_billing_requests'))
    )
    op.create_index(op.f('ix_billing_requests_state'), 'billing_requests', ['state'], unique=False)
    op.create_index(op.f('ix_billing_requests_stripe_id'), 'billing_requests', ['stripe_id'], unique=False)
    op.create_table('usage_reports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('sent_at', MOMENT, nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_reports'))
    )
    op.create_index(op.f('ix_usage_reports_meter'), 'usage_reports', ['meter'], unique=False)
    op.create_index('ix_usage_reports_waiting', 'usage_reports', ['id'], unique=False, postgresql_where=sa.text('sent_at IS NULL'))


def downgrade() -> None:
    op.drop_table('usage_reports')
    op.drop_table('billing_requests')
    op.drop_table('invoices')
