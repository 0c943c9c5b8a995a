"""The proofs of hosts that were released: who comes back within the quarantine changes no record

Revision: p0008, after p0007; 2026-11-22 09:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'p0008'
down_revision = 'p0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('released_domains', sa.Column('token', sa.Text(), nullable=False, server_default=''), schema='platform')
    op.alter_column('released_domains', 'token', server_default=None, schema='platform')


def downgrade() -> None:
    op.drop_column('released_domains', 'token', schema='platform')
