"""Certificates of custom domains

Revision: p0007, after p0006; 2026-11-22 06:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = postgresql.TIMESTAMP(timezone=True)
PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"

revision = 'p0007'
down_revision = 'p0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('certificates',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('failed_at', MOMENT, nullable=True),
    sa.Column('next_try_at', MOMENT, nullable=False),
    sa.Column('order_url', sa.Text(), nullable=False),
    sa.Column('order_key', sa.LargeBinary(), nullable=True),
    sa.Column('issued_at', MOMENT, nullable=True),
    sa.Column('expires_at', MOMENT, nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.CheckConstraint("status IN ('waiting', 'active', 'failed')", name=op.f('ck_certificates_status')),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_certificates_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_certificates')),
    schema='platform'
    )
    op.create_index(op.f('ix_certificates_next_try_at'), 'certificates', ['next_try_at'], unique=False, schema='platform')
    op.create_index(op.f('ix_certificates_tenant_id'), 'certificates', ['tenant_id'], unique=False, schema='platform')
    op.create_table('acme_challenges',
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('key_authorisation', sa.Text(), nullable=False),
    sa.Column('expires_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_acme_challenges')),
    schema='platform'
    )
    op.create_index(op.f('ix_acme_challenges_expires_at'), 'acme_challenges', ['expires_at'], unique=False, schema='platform')
    op.create_table('acme_accounts',
    sa.Column('directory', sa.Text(), nullable=False),
    sa.Column('sealed_key', sa.LargeBinary(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('directory', name=op.f('pk_acme_accounts')),
    schema='platform'
    )
    op.execute("ALTER TABLE platform.certificates ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform.certificates FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON platform.certificates USING ({PLATFORM} OR {OWN})")


def downgrade() -> None:
    op.drop_table('acme_accounts', schema='platform')
    op.drop_table('acme_challenges', schema='platform')
    op.drop_table('certificates', schema='platform')
