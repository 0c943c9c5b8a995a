"""Billing: messages, prices, accounts, subscriptions and what they were worth

Revision: p0005, after p0004; 2026-11-21 20:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())
PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"

revision = 'p0005'
down_revision = 'p0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('stripe_events',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('object_id', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('payload', JSONB, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('received_at', MOMENT, nullable=False),
    sa.Column('done_at', MOMENT, nullable=True),
    sa.CheckConstraint("state IN ('received', 'done', 'ignored', 'failed')", name=op.f('ck_stripe_events_state')),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_stripe_events_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_events')),
    schema='platform'
    )
    op.create_index(op.f('ix_stripe_events_received_at'), 'stripe_events', ['received_at'], unique=False, schema='platform')
    op.create_index(op.f('ix_stripe_events_tenant_id'), 'stripe_events', ['tenant_id'], unique=False, schema='platform')
    op.create_index('ix_stripe_events_waiting', 'stripe_events', ['customer_id'], unique=False, schema='platform', postgresql_where=sa.text("state = 'received'"))
    op.create_table('stripe_prices',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('cycle', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_prices')),
    schema='platform'
    )
    op.create_table('billing_accounts',
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('look', sa.BigInteger(), nullable=False),
    sa.Column('looked_at', MOMENT, nullable=True),
    sa.Column('card', JSONB, nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_billing_accounts_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', name=op.f('pk_billing_accounts')),
    sa.UniqueConstraint('customer_id', name=op.f('uq_billing_accounts_customer_id')),
    schema='platform'
    )
    op.create_table('subscriptions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('duplicate', sa.Boolean(), nullable=False),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('cycle', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('period_start', MOMENT, nullable=True),
    sa.Column('period_end', MOMENT, nullable=True),
    sa.Column('trial_ends_at', MOMENT, nullable=True),
    sa.Column('cancel_at', MOMENT, nullable=True),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.Column('next', JSONB, nullable=False),
    sa.Column('item_id', sa.Text(), nullable=False),
    sa.Column('items', JSONB, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_subscriptions_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions')),
    schema='platform'
    )
    op.create_index('ix_subscriptions_tenant_id', 'subscriptions', ['tenant_id'], unique=False, schema='platform')
    op.create_index('uq_subscriptions_live', 'subscriptions', ['tenant_id'], unique=True, schema='platform', postgresql_where=sa.text("status IN ('trialing', 'active', 'past_due', 'unpaid', 'paused') AND NOT duplicate"))
    op.create_table('subscription_states',
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('paying', sa.Boolean(), nullable=False),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('cycle', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('subscription_id', 'at', 'source', name=op.f('pk_subscription_states')),
    schema='platform'
    )
    op.create_index('ix_subscription_states_ledger', 'subscription_states', ['currency', 'subscription_id', 'at', 'source'], unique=False, schema='platform', postgresql_include=['tenant_id', 'status', 'paying', 'plan', 'cycle', 'amount', 'months', 'reason'])
    op.create_index(op.f('ix_subscription_states_tenant_id'), 'subscription_states', ['tenant_id'], unique=False, schema='platform')
    op.execute("CREATE SEQUENCE platform.looks")
    for table in ("stripe_events", "billing_accounts", "subscriptions", "subscription_states"):
        op.execute(f"ALTER TABLE platform.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE platform.{table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON platform.{table} USING ({PLATFORM} OR {OWN})")


def downgrade() -> None:
    op.execute("DROP SEQUENCE platform.looks")
    op.drop_table('subscription_states', schema='platform')
    op.drop_table('subscriptions', schema='platform')
    op.drop_table('billing_accounts', schema='platform')
    op.drop_table('stripe_prices', schema='platform')
    op.drop_table('stripe_events', schema='platform')
