"""Brand: versions and pictures

Revision: t0009, after t0008; 2026-11-22 06:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())

revision = 't0009'
down_revision = 't0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('brand_versions',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('identity', JSONB, nullable=False),
    sa.Column('styles', sa.Text(), nullable=False),
    sa.Column('css', sa.Text(), nullable=False),
    sa.Column('custom', sa.Text(), nullable=False),
    sa.Column('custom_css', sa.Text(), nullable=False),
    sa.Column('restores', sa.Integer(), nullable=True),
    sa.Column('author_id', sa.Uuid(), nullable=True),
    sa.Column('author_name', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_brand_versions'))
    )
    op.create_index(op.f('ix_brand_versions_styles'), 'brand_versions', ['styles'], unique=False)
    op.create_index(op.f('ix_brand_versions_custom'), 'brand_versions', ['custom'], unique=False)
    op.create_table('brand_pictures',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('colours', JSONB, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_brand_pictures'))
    )


def downgrade() -> None:
    op.drop_table('brand_pictures')
    op.drop_table('brand_versions')
