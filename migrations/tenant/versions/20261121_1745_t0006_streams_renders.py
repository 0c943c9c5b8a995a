"""Streams and renders

Revision: t0006, after t0005; 2026-11-21 17:45:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 't0006'
down_revision = 't0005'
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table('renders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('settings', JSONB, nullable=False),
    sa.Column('result', JSONB, nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('steps', sa.Integer(), nullable=False),
    sa.Column('steps_done', sa.Integer(), nullable=False),
    sa.Column('size_gb', sa.Numeric(), nullable=False),
    sa.Column('receipt_id', sa.Uuid(), nullable=True),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('finished_at', MOMENT, nullable=True),
    sa.CheckConstraint("kind IN ('image', 'speech', 'film')", name=op.f('ck_renders_kind')),
    sa.CheckConstraint("status IN ('queued', 'running', 'ready', 'failed')", name=op.f('ck_renders_status')),
    sa.ForeignKeyConstraint(['made_by_id'], ['users.id'], name=op.f('fk_renders_made_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renders'))
    )
    op.create_index(op.f('ix_renders_created_at'), 'renders', ['created_at'], unique=False)
    op.create_index(op.f('ix_renders_made_by_id'), 'renders', ['made_by_id'], unique=False)
    op.create_table('streams',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('channels', JSONB, nullable=False),
    sa.Column('quality', sa.Text(), nullable=False),
    sa.Column('keep_recording', sa.Boolean(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('planned_at', MOMENT, nullable=True),
    sa.Column('started_by_id', sa.Uuid(), nullable=True),
    sa.Column('started_at', MOMENT, nullable=True),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.Column('ended_because', sa.Text(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('viewers', sa.Integer(), nullable=False),
    sa.Column('bandwidth_gb', sa.Numeric(), nullable=False),
    sa.Column('recording_gb', sa.Numeric(), nullable=True),
    sa.Column('recording_note', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("quality IN ('480p', '720p', '1080p')", name=op.f('ck_streams_quality')),
    sa.CheckConstraint("status IN ('planned', 'live', 'ended')", name=op.f('ck_streams_status')),
    sa.ForeignKeyConstraint(['started_by_id'], ['users.id'], name=op.f('fk_streams_started_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_streams'))
    )
    op.create_index(op.f('ix_streams_created_at'), 'streams', ['created_at'], unique=False)
    op.create_index(op.f('ix_streams_started_at'), 'streams', ['started_at'], unique=False)
    op.create_index(op.f('ix_streams_started_by_id'), 'streams', ['started_by_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_streams_started_by_id'), table_name='streams')
    op.drop_index(op.f('ix_streams_started_at'), table_name='streams')
    op.drop_index(op.f('ix_streams_created_at'), table_name='streams')
    op.drop_table('streams')
    op.drop_index(op.f('ix_renders_made_by_id'), table_name='renders')
    op.drop_index(op.f('ix_renders_created_at'), table_name='renders')
    op.drop_table('renders')
