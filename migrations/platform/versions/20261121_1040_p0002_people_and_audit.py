"""People and audit

Revision: p0002, after p0001; 2026-11-21 10:40:53.458205+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"

WORDS = r"""(array_to_tsvector(string_to_array((left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || regexp_replace(lower(actor_name || ' ' || actor_email || ' ' || impersonator || ' ' || address || ' ' || target_label || ' ' || event || ' ' || request_id || ' ' || changes::text || ' ' || facts::text), '(?:\\.|[^[:alnum:]])+', ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')), 'g') || ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@' || regexp_replace(lower(actor_name || ' ' || actor_email), '(?:\\.|[^[:alnum:]])+', ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@', 'g'), ' ') || ARRAY[(left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@' || coalesce(actor_id::text, ''), (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '&' || actor_kind, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '!' || event, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '=' || target_id, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '~' || address, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || CASE WHEN impersonator = '' THEN '' ELSE '^' END]))"""

revision = 'p0002'
down_revision = 'p0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('operator_entries',
    sa.Column('tenant_id', sa.Uuid(), nullable=True),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.Text(), nullable=False),
    sa.Column('actor_email', sa.Text(), nullable=False),
    sa.Column('impersonator', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('target_kind', sa.Text(), nullable=False),
    sa.Column('target_id', sa.Text(), nullable=False),
    sa.Column('target_label', sa.Text(), nullable=False),
    sa.Column('changes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_entries')),
    schema='platform'
    )
    op.create_index(op.f('ix_operator_entries_tenant_id'), 'operator_entries', ['tenant_id'], unique=False, schema='platform')
    op.create_index('ix_operator_entries_words', 'operator_entries', [sa.literal_column(WORDS)], unique=False, schema='platform', postgresql_using='gin', postgresql_with={'gin_pending_list_limit': 64})
    op.create_table('operator_seals',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('personal', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_operator_seals')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_operator_seals_entry_id')),
    schema='platform'
    )
    op.create_table('audit_heads',
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('settled_id', sa.Uuid(), nullable=True),
    sa.Column('settling_id', sa.Uuid(), nullable=True),
    sa.Column('waits_for', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('inserted', sa.BigInteger(), nullable=False),
    sa.Column('checked', sa.BigInteger(), nullable=True),
    sa.Column('verified_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('verified_to', sa.BigInteger(), nullable=False),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', name=op.f('pk_audit_heads')),
    schema='platform'
    )
    op.add_column('tenants', sa.Column('seats', sa.Integer(), nullable=True), schema='platform')
    op.add_column('tenants', sa.Column('policy', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False), schema='platform')
    op.alter_column('tenants', 'policy', server_default=None, schema='platform')
    for table in ("audit_heads", "operator_entries"):
        op.execute(f"ALTER TABLE platform.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE platform.{table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_rows ON platform.{table} USING ({PLATFORM} OR {OWN})")


def downgrade() -> None:
    op.drop_column('tenants', 'policy', schema='platform')
    op.drop_column('tenants', 'seats', schema='platform')
    op.drop_table('audit_heads', schema='platform')
    op.drop_table('operator_seals', schema='platform')
    op.drop_index('ix_operator_entries_words', table_name='operator_entries', schema='platform', postgresql_using='gin')
    op.drop_index(op.f('ix_operator_entries_tenant_id'), table_name='operator_entries', schema='platform')
    op.drop_table('operator_entries', schema='platform')
