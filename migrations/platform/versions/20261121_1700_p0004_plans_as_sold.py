"""Terms of plans as they were sold, and what an organisation has beside them

Revision: p0004, after p0003; 2026-11-21 17:00:41.106213+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'p0004'
down_revision = 'p0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'plan_versions',
        sa.Column('version', sa.Text(), nullable=False),
        sa.Column('plan', sa.Text(), nullable=False),
        sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('first_sold_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('version', name=op.f('pk_plan_versions')),
        schema='platform',
    )
    op.create_index(op.f('ix_plan_versions_plan'), 'plan_versions', ['plan'], schema='platform')
    op.add_column('tenants', sa.Column('plan_version', sa.Text(), nullable=False, server_default=''), schema='platform')
    empty = sa.text("'{}'")
    kind = postgresql.JSONB(astext_type=sa.Text())
    op.add_column('tenants', sa.Column('overrides', kind, nullable=False, server_default=empty), schema='platform')
    op.execute(
        "UPDATE platform.tenants SET overrides = jsonb_strip_nulls(jsonb_build_object('audit_days', audit_days,"
        " 'limits', CASE WHEN seats IS NOT NULL THEN jsonb_build_object('users', seats) END))"
    )
    for column in ('plan_version', 'overrides'):
        op.alter_column('tenants', column, server_default=None, schema='platform')
    op.drop_column('tenants', 'seats', schema='platform')
    op.drop_column('tenants', 'audit_days', schema='platform')


def downgrade() -> None:
    op.add_column('tenants', sa.Column('audit_days', sa.Integer(), nullable=True), schema='platform')
    op.add_column('tenants', sa.Column('seats', sa.Integer(), nullable=True), schema='platform')
    op.execute(
        "UPDATE platform.tenants SET audit_days = (overrides->>'audit_days')::int,"
        " seats = (overrides->'limits'->>'users')::int"
    )
    op.drop_column('tenants', 'overrides', schema='platform')
    op.drop_column('tenants', 'plan_version', schema='platform')
    op.drop_index(op.f('ix_plan_versions_plan'), table_name='plan_versions', schema='platform')
    op.drop_table('plan_versions', schema='platform')
