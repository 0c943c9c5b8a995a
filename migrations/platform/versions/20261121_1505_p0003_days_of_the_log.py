"""Days for which an organisation's log is kept

Revision: p0003, after p0002; 2026-11-21 15:05:12.201733+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'p0003'
down_revision = 'p0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tenants', sa.Column('audit_days', sa.Integer(), nullable=True), schema='platform')


def downgrade() -> None:
    op.drop_column('tenants', 'audit_days', schema='platform')
