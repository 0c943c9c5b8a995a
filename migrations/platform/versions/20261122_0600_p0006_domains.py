"""Domains: claims of several tenants, what examinations found, hosts that were released

Revision: p0006, after p0005; 2026-11-22 06:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())
PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"
SECRET = "replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')"
FILLED = (
    sa.Column('id', sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")),
    sa.Column('token', sa.Text(), nullable=False, server_default=sa.text(SECRET)),
    sa.Column('report', JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column('share_hash', sa.LargeBinary(), nullable=False, server_default=sa.text("''")),
    sa.Column('spared', sa.Boolean(), nullable=False, server_default=sa.text("false")),
)
MOMENTS = ('failing_since', 'warned_at', 'asked_at', 'checked_at', 'share_expires_at')
SPARE = "UPDATE platform.domains SET spared = true WHERE verified_at IS NOT NULL"
"""Of domains that were verified by other means nobody was told a proof."""
KEEP_ONE = """
    UPDATE platform.domains d SET is_primary = false WHERE is_primary AND (verified_at IS NULL OR EXISTS (
        SELECT FROM platform.domains o WHERE o.tenant_id = d.tenant_id AND o.is_primary AND o.verified_at IS NOT NULL
        AND (o.created_at, o.host) < (d.created_at, d.host)))
"""
"""Of a tenant's verified primary domains the oldest stays so."""

revision = 'p0006'
down_revision = 'p0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in FILLED:
        op.add_column('domains', column, schema='platform')
        op.alter_column('domains', column.name, server_default=None, schema='platform')
    for name in MOMENTS:
        op.add_column('domains', sa.Column(name, MOMENT, nullable=True), schema='platform')
    op.execute("ALTER TABLE platform.domains NO FORCE ROW LEVEL SECURITY")  # which keeps the owner, too, from all rows
    op.execute(SPARE)
    op.execute(KEEP_ONE)
    op.execute("ALTER TABLE platform.domains FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f('pk_domains'), 'domains', schema='platform', type_='primary')
    op.create_primary_key(op.f('pk_domains'), 'domains', ['id'], schema='platform')
    op.drop_index(op.f('ix_domains_tenant_id'), table_name='domains', schema='platform')
    op.create_unique_constraint(op.f('uq_domains_tenant_id_host'), 'domains', ['tenant_id', 'host'], schema='platform')
    op.create_check_constraint(op.f('ck_domains_primary'), 'domains', "verified_at IS NOT NULL OR NOT is_primary", schema='platform')
    op.create_index('uq_domains_verified', 'domains', ['host'], unique=True, schema='platform', postgresql_where=sa.text("verified_at IS NOT NULL"))
    op.create_index('uq_domains_primary', 'domains', ['tenant_id'], unique=True, schema='platform', postgresql_where=sa.text("is_primary"))
    op.create_table('released_domains',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_released_domains')),
    schema='platform'
    )
    op.execute("ALTER TABLE platform.released_domains ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform.released_domains FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON platform.released_domains USING ({PLATFORM} OR {OWN})")


def downgrade() -> None:
    op.drop_table('released_domains', schema='platform')
    op.drop_index('uq_domains_primary', table_name='domains', schema='platform')
    op.drop_index('uq_domains_verified', table_name='domains', schema='platform')
    op.drop_constraint(op.f('ck_domains_primary'), 'domains', schema='platform', type_='check')
    op.drop_constraint(op.f('uq_domains_tenant_id_host'), 'domains', schema='platform', type_='unique')
    op.create_index(op.f('ix_domains_tenant_id'), 'domains', ['tenant_id'], unique=False, schema='platform')
    op.drop_constraint(op.f('pk_domains'), 'domains', schema='platform', type_='primary')
    op.create_primary_key(op.f('pk_domains'), 'domains', ['host'], schema='platform')
    for name in (*MOMENTS, *(column.name for column in FILLED)):
        op.drop_column('domains', name, schema='platform')
