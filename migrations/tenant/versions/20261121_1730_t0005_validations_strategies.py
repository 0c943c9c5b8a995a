"""Validations and custom gates; exchanges, strategies, backtests

Revision: t0005, after t0004; 2026-11-21 17:30:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 't0005'
down_revision = 't0004'
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table('validations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('document_type', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('gates', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('rule_sets', JSON, nullable=False),
    sa.Column('failed', JSON, nullable=False),
    sa.Column('results', JSON, nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=False),
    sa.Column('checked_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.CheckConstraint("document_type IN ('financial_promotion', 'privacy_notice', 'employment_contract', 'nda', 'tax_advice', 'invoice', 'other')", name=op.f('ck_validations_document_type')),
    sa.CheckConstraint("result IN ('pass', 'fail')", name=op.f('ck_validations_result')),
    sa.ForeignKeyConstraint(['checked_by_id'], ['users.id'], name=op.f('fk_validations_checked_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_validations'))
    )
    op.create_index(op.f('ix_validations_checked_by_id'), 'validations', ['checked_by_id'], unique=False)
    op.create_index(op.f('ix_validations_created_at'), 'validations', ['created_at'], unique=False)
    op.create_table('validation_gates',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('phrase', sa.Text(), nullable=False),
    sa.Column('severity', sa.Text(), nullable=False),
    sa.Column('mend', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.CheckConstraint("kind IN ('must', 'must_not')", name=op.f('ck_validation_gates_kind')),
    sa.CheckConstraint("severity IN ('high', 'medium', 'low')", name=op.f('ck_validation_gates_severity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_validation_gates'))
    )
    op.create_table('exchanges',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('venue', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.CheckConstraint("venue IN ('kestrel', 'northport', 'mercato', 'halyard', 'quayside')", name=op.f('ck_exchanges_venue')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchanges'))
    )
    op.create_table('strategies',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('exchange_id', sa.Uuid(), nullable=False),
    sa.Column('market', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('parameters', JSON, nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('trades', sa.Integer(), nullable=False),
    sa.Column('profit', sa.Numeric(), nullable=False),
    sa.Column('latest', JSON, nullable=False),
    sa.Column('made_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('updated_at', MOMENT, nullable=False),
    sa.CheckConstraint("kind IN ('moving_average', 'buy_the_dip', 'mean_reversion', 'pairs', 'momentum')", name=op.f('ck_strategies_kind')),
    sa.CheckConstraint("status IN ('draft', 'live', 'paused')", name=op.f('ck_strategies_status')),
    sa.ForeignKeyConstraint(['exchange_id'], ['exchanges.id'], name=op.f('fk_strategies_exchange_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['made_by_id'], ['users.id'], name=op.f('fk_strategies_made_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_strategies'))
    )
    op.create_index(op.f('ix_strategies_exchange_id'), 'strategies', ['exchange_id'], unique=False)
    op.create_index(op.f('ix_strategies_made_by_id'), 'strategies', ['made_by_id'], unique=False)
    op.create_index(op.f('ix_strategies_updated_at'), 'strategies', ['updated_at'], unique=False)
    op.create_table('backtests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('strategy_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by_id', sa.Uuid(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('plan', JSON, nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('capital', sa.Numeric(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('gain', sa.Numeric(), nullable=True),
    sa.Column('drawdown', sa.Numeric(), nullable=True),
    sa.Column('trades', sa.Integer(), nullable=False),
    sa.Column('compute_minutes', sa.Numeric(), nullable=False),
    sa.Column('storage_mb', sa.Numeric(), nullable=False),
    sa.Column('outcome', JSON, nullable=True),
    sa.Column('queued_at', MOMENT, nullable=False),
    sa.Column('finished_at', MOMENT, nullable=True),
    sa.CheckConstraint("status IN ('queued', 'succeeded', 'failed')", name=op.f('ck_backtests_status')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['users.id'], name=op.f('fk_backtests_asked_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['strategy_id'], ['strategies.id'], name=op.f('fk_backtests_strategy_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backtests'))
    )
    op.create_index(op.f('ix_backtests_asked_by_id'), 'backtests', ['asked_by_id'], unique=False)
    op.create_index('ix_backtests_strategy_id_queued_at', 'backtests', ['strategy_id', 'queued_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_backtests_asked_by_id'), table_name='backtests')
    op.drop_index('ix_backtests_strategy_id_queued_at', table_name='backtests')
    op.drop_table('backtests')
    op.drop_index(op.f('ix_strategies_exchange_id'), table_name='strategies')
    op.drop_index(op.f('ix_strategies_made_by_id'), table_name='strategies')
    op.drop_index(op.f('ix_strategies_updated_at'), table_name='strategies')
    op.drop_table('strategies')
    op.drop_table('exchanges')
    op.drop_table('validation_gates')
    op.drop_index(op.f('ix_validations_checked_by_id'), table_name='validations')
    op.drop_index(op.f('ix_validations_created_at'), table_name='validations')
    op.drop_table('validations')
