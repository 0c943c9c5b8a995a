"""Proofs of hosts that were released, what hosts look like, and whom an operator let have one that looks like another's

The former release goes on writing while this runs, and knows none of the columns: they keep their defaults.

Revision: p0008, after p0007; 2026-11-22 09:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.domains.hosts import skeleton

MOMENT = postgresql.TIMESTAMP(timezone=True)
PLATFORM = "(SELECT platform.place()) = '*'"
OWN = "tenant_id = (SELECT t.id FROM platform.tenants t WHERE t.schema_name = (SELECT platform.place()))"
FILL = """
    UPDATE platform.{} known SET skeleton = made.skeleton
    FROM unnest(CAST(:hosts AS text[]), CAST(:skeletons AS text[])) AS made (host, skeleton) WHERE known.host = made.host
"""

revision = 'p0008'
down_revision = 'p0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('released_domains', sa.Column('token', sa.Text(), nullable=False, server_default=''), schema='platform')
    for table in ('domains', 'released_domains'):
        op.add_column(table, sa.Column('skeleton', sa.Text(), nullable=False, server_default=''), schema='platform')
        fill(table)
        op.create_index(op.f(f'ix_{table}_skeleton'), table, ['skeleton'], unique=False, schema='platform')
    op.create_table('allowed_domains',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('tenant_id', sa.Uuid(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['platform.tenants.id'], name=op.f('fk_allowed_domains_tenant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('host', 'tenant_id', name=op.f('pk_allowed_domains')),
    schema='platform'
    )
    op.create_index(op.f('ix_allowed_domains_tenant_id'), 'allowed_domains', ['tenant_id'], unique=False, schema='platform')
    op.execute("ALTER TABLE platform.allowed_domains ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform.allowed_domains FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON platform.allowed_domains USING ({PLATFORM} OR {OWN})")


def fill(table: str) -> None:
    op.execute(f"ALTER TABLE platform.{table} NO FORCE ROW LEVEL SECURITY")  # which keeps the owner, too, from all rows
    hosts = list(op.get_bind().scalars(sa.text(f"SELECT DISTINCT host FROM platform.{table}")))
    made = {'hosts': hosts, 'skeletons': [skeleton(host) for host in hosts]}
    op.get_bind().execute(sa.text(FILL.format(table)), made)
    op.execute(f"ALTER TABLE platform.{table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_table('allowed_domains', schema='platform')
    for table in ('domains', 'released_domains'):
        op.drop_index(op.f(f'ix_{table}_skeleton'), table_name=table, schema='platform')
        op.drop_column(table, 'skeleton', schema='platform')
    op.drop_column('released_domains', 'token', schema='platform')
