"""create platform

Revision: p0001, after ; 2026-11-21 07:41:49.807816+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

OF_A_TENANT = ("account_index", "domains", "tenant_events", "tenant_keys", "tenant_migrations", "tenant_names")
PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"

revision = 'p0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('job_receipts',
    sa.Column('job_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_job_receipts')),
    schema='platform'
    )
    op.create_index(op.f('ix_job_receipts_at'), 'job_receipts', ['at'], unique=False, schema='platform')
    op.create_table('rate_limits',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('ends_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_limits')),
    schema='platform',
    prefixes=['UNLOGGED']
    )
    op.create_index(op.f('ix_rate_limits_ends_at'), 'rate_limits', ['ends_at'], unique=False, schema='platform')
    op.create_table('spare_schemas',
    sa.Column('schema_name', sa.Text(), nullable=False),
    sa.Column('revision', sa.Text(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('schema_name', name=op.f('pk_spare_schemas')),
    schema='platform'
    )
    op.create_table('tenants',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('schema_name', sa.Text(), nullable=False),
    sa.Column('revision', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('status_reason', sa.Text(), nullable=False),
    sa.Column('status_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('trial_ends_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('billing_email', sa.Text(), nullable=False),
    sa.Column('industry', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('support_address', sa.Text(), nullable=False),
    sa.Column('config', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('verified_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("key ~ '^[a-z0-9][a-z0-9_-]{0,49}$'", name=op.f('ck_tenants_key')),
    sa.CheckConstraint("status IN ('trialing', 'active', 'past_due', 'suspended', 'cancelled', 'deleting')", name=op.f('ck_tenants_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenants')),
    sa.UniqueConstraint('key', name=op.f('uq_tenants_key')),
    sa.UniqueConstraint('schema_name', name=op.f('uq_tenants_schema_name')),
    sa.UniqueConstraint('slug', name=op.f('uq_tenants_slug')),
    schema='platform'
    )
    op.create_index(op.f('ix_tenants_revision'), 'tenants', ['revision'], unique=False, schema='platform')
    op.create_index(op.f('ix_tenants_status'), 'tenants', ['status'], unique=False, schema='platform')
    op.create_table('account_index',
    sa.Column('email_hash', sa.LargeBinary(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_account_index_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('email_hash', 'tenant_id', name=op.f('pk_account_index')),
    schema='platform'
    )
    op.create_index(op.f('ix_account_index_tenant_id'), 'account_index', ['tenant_id'], unique=False, schema='platform')
    op.create_table('domains',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('verified_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_domains_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_domains')),
    schema='platform'
    )
    op.create_index(op.f('ix_domains_tenant_id'), 'domains', ['tenant_id'], unique=False, schema='platform')
    op.create_table('tenant_events',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_tenant_events_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenant_events')),
    schema='platform'
    )
    op.create_index(op.f('ix_tenant_events_tenant_id'), 'tenant_events', ['tenant_id'], unique=False, schema='platform')
    op.create_table('tenant_keys',
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_tenant_keys_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', 'number', name=op.f('pk_tenant_keys')),
    schema='platform'
    )
    op.create_table('tenant_migrations',
    sa.Column('schema_name', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=True),
    sa.Column('from_revision', sa.Text(), nullable=False),
    sa.Column('to_revision', sa.Text(), nullable=False),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_tenant_migrations_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('schema_name', name=op.f('pk_tenant_migrations')),
    schema='platform'
    )
    op.create_index('ix_tenant_migrations_failed', 'tenant_migrations', ['error'], unique=False, schema='platform', postgresql_where=sa.text("error <> ''"))
    op.create_index(op.f('ix_tenant_migrations_tenant_id'), 'tenant_migrations', ['tenant_id'], unique=False, schema='platform')
    op.create_table('tenant_names',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_tenant_names_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_tenant_names')),
    schema='platform'
    )
    op.create_index(op.f('ix_tenant_names_tenant_id'), 'tenant_names', ['tenant_id'], unique=False, schema='platform')
    protect("tenants", "schema_name = (SELECT platform.place())")
    for table in OF_A_TENANT:
        protect(table, OWN)


def protect(table: str, own: str) -> None:
    """The platform sees every row, a tenant its own; this binds the table's owner too."""
    op.execute(f"ALTER TABLE platform.{table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE platform.{table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON platform.{table} USING ({PLATFORM} OR {own})")


def downgrade() -> None:
    op.drop_index(op.f('ix_tenant_names_tenant_id'), table_name='tenant_names', schema='platform')
    op.drop_table('tenant_names', schema='platform')
    op.drop_index(op.f('ix_tenant_migrations_tenant_id'), table_name='tenant_migrations', schema='platform')
    op.drop_index('ix_tenant_migrations_failed', table_name='tenant_migrations', schema='platform', postgresql_where=sa.text("error <> ''"))
    op.drop_table('tenant_migrations', schema='platform')
    op.drop_table('tenant_keys', schema='platform')
    op.drop_index(op.f('ix_tenant_events_tenant_id'), table_name='tenant_events', schema='platform')
    op.drop_table('tenant_events', schema='platform')
    op.drop_index(op.f('ix_domains_tenant_id'), table_name='domains', schema='platform')
    op.drop_table('domains', schema='platform')
    op.drop_index(op.f('ix_account_index_tenant_id'), table_name='account_index', schema='platform')
    op.drop_table('account_index', schema='platform')
    op.drop_index(op.f('ix_tenants_status'), table_name='tenants', schema='platform')
    op.drop_index(op.f('ix_tenants_revision'), table_name='tenants', schema='platform')
    op.drop_table('tenants', schema='platform')
    op.drop_table('spare_schemas', schema='platform')
    op.drop_index(op.f('ix_rate_limits_ends_at'), table_name='rate_limits', schema='platform')
    op.drop_table('rate_limits', schema='platform')
    op.drop_index(op.f('ix_job_receipts_at'), table_name='job_receipts', schema='platform')
    op.drop_table('job_receipts', schema='platform')
