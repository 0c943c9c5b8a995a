"""People and audit

Revision: t0003, after t0002; 2026-11-21 10:40:53.612791+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

WORDS = r"""(array_to_tsvector(string_to_array((left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || regexp_replace(lower(actor_name || ' ' || actor_email || ' ' || impersonator || ' ' || address || ' ' || target_label || ' ' || event || ' ' || request_id || ' ' || changes::text || ' ' || facts::text), '(?:\\.|[^[:alnum:]])+', ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')), 'g') || ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@' || regexp_replace(lower(actor_name || ' ' || actor_email), '(?:\\.|[^[:alnum:]])+', ' ' || (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@', 'g'), ' ') || ARRAY[(left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '@' || coalesce(actor_id::text, ''), (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '&' || actor_kind, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '!' || event, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '=' || target_id, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || '~' || address, (left(id::text, 5) || translate(substr(id::text, 6, 1), '1235679abdef', '000444888ccc')) || CASE WHEN impersonator = '' THEN '' ELSE '^' END]))"""

revision = 't0003'
down_revision = 't0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_checkpoints',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('removed', sa.BigInteger(), nullable=False),
    sa.Column('signature', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('position', 'at', name=op.f('pk_audit_checkpoints'))
    )
    op.create_table('audit_entries',
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
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    op.create_index('ix_audit_entries_words', 'audit_entries', [sa.literal_column(WORDS)], unique=False, postgresql_using='gin', postgresql_with={'gin_pending_list_limit': 64})
    op.create_table('audit_seals',
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('personal', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_audit_seals')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_audit_seals_entry_id'))
    )
    op.create_table('roles',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('permissions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roles')),
    sa.UniqueConstraint('name_key', name=op.f('uq_roles_name_key'))
    )
    op.create_table('teams',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('path', sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['teams.id'], name=op.f('fk_teams_parent_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teams'))
    )
    op.create_index('ix_teams_path', 'teams', ['path'], unique=False, postgresql_using='gin')
    op.create_index('uq_teams_parent_id_name_key', 'teams', ['parent_id', 'name_key'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('api_keys',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('former_hash', sa.LargeBinary(), nullable=True),
    sa.Column('former_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('permissions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.Text(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('rotated_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('expiry_noted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revoked_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_used_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_used_address', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['users.id'], name=op.f('fk_api_keys_created_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('former_hash', name=op.f('uq_api_keys_former_hash')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_keys_token_hash'))
    )
    op.create_index(op.f('ix_api_keys_created_by_id'), 'api_keys', ['created_by_id'], unique=False)
    op.create_table('audit_exports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('format', sa.Text(), nullable=False),
    sa.Column('search', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('reached', sa.Text(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('finished_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("format IN ('csv', 'jsonl')", name=op.f('ck_audit_exports_format')),
    sa.CheckConstraint("status IN ('waiting', 'running', 'ready', 'failed', 'expired')", name=op.f('ck_audit_exports_status')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_exports_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_exports'))
    )
    op.create_index(op.f('ix_audit_exports_user_id'), 'audit_exports', ['user_id'], unique=False)
    op.create_table('audit_filters',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('search', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_filters_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_filters')),
    sa.UniqueConstraint('user_id', 'name', name=op.f('uq_audit_filters_user_id_name'))
    )
    op.create_table('email_domains',
    sa.Column('domain', sa.Text(collation='C'), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('proven_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint("mode IN ('request', 'auto')", name=op.f('ck_email_domains_mode')),
    sa.CheckConstraint("role IN ('member', 'viewer')", name=op.f('ck_email_domains_role')),
    sa.ForeignKeyConstraint(['proven_by_id'], ['users.id'], name=op.f('fk_email_domains_proven_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_email_domains'))
    )
    op.create_index(op.f('ix_email_domains_proven_by_id'), 'email_domains', ['proven_by_id'], unique=False)
    op.create_table('grants',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('permission', sa.Text(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=True),
    sa.Column('granted_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['granted_by_id'], ['users.id'], name=op.f('fk_grants_granted_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_grants_team_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_grants_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants'))
    )
    op.create_index(op.f('ix_grants_granted_by_id'), 'grants', ['granted_by_id'], unique=False)
    op.create_index(op.f('ix_grants_team_id'), 'grants', ['team_id'], unique=False)
    op.create_index('uq_grants_user_permission_team', 'grants', ['user_id', 'permission', 'team_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('invitations',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(collation='C'), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('role_id', sa.Uuid(), nullable=True),
    sa.Column('team_ids', sa.ARRAY(sa.Uuid()), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('invited_by_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('sent_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('accepted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('refusal', sa.Text(), nullable=False),
    sa.CheckConstraint("(role = 'custom') = (role_id IS NOT NULL)", name=op.f('ck_invitations_custom_role')),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['users.id'], name=op.f('fk_invitations_accepted_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['invited_by_id'], ['users.id'], name=op.f('fk_invitations_invited_by_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['role_id'], ['roles.id'], name=op.f('fk_invitations_role_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitations_token_hash'))
    )
    op.create_index(op.f('ix_invitations_accepted_by_id'), 'invitations', ['accepted_by_id'], unique=False)
    op.create_index(op.f('ix_invitations_email'), 'invitations', ['email'], unique=False)
    op.create_index(op.f('ix_invitations_expires_at'), 'invitations', ['expires_at'], unique=False)
    op.create_index(op.f('ix_invitations_invited_by_id'), 'invitations', ['invited_by_id'], unique=False)
    op.create_index(op.f('ix_invitations_role_id'), 'invitations', ['role_id'], unique=False)
    op.create_index('uq_invitations_email_pending', 'invitations', ['email'], unique=True, postgresql_where=sa.text('accepted_at IS NULL AND revoked_at IS NULL'))
    op.create_table('join_requests',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('verified_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('announced_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('decided_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("decision IN ('', 'approved', 'declined')", name=op.f('ck_join_requests_decision')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_join_requests_decided_by_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_requests')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_join_requests_token_hash'))
    )
    op.create_index(op.f('ix_join_requests_decided_by_id'), 'join_requests', ['decided_by_id'], unique=False)
    op.create_index(op.f('ix_join_requests_expires_at'), 'join_requests', ['expires_at'], unique=False)
    op.create_index('uq_join_requests_email_open', 'join_requests', ['email'], unique=True, postgresql_where=sa.text("decision = ''"))
    op.create_table('ownership_transfers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=False),
    sa.Column('to_id', sa.Uuid(), nullable=False),
    sa.Column('stays', sa.Boolean(), nullable=False),
    sa.Column('offered_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('expires_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('ended_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['from_id'], ['users.id'], name=op.f('fk_ownership_transfers_from_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['to_id'], ['users.id'], name=op.f('fk_ownership_transfers_to_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ownership_transfers'))
    )
    op.create_index(op.f('ix_ownership_transfers_from_id'), 'ownership_transfers', ['from_id'], unique=False)
    op.create_index(op.f('ix_ownership_transfers_to_id'), 'ownership_transfers', ['to_id'], unique=False)
    op.create_index('uq_ownership_transfers_open', 'ownership_transfers', [sa.literal_column('(ended_at IS NULL)')], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('team_members',
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('leads', sa.Boolean(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_team_members_team_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_team_members_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('team_id', 'user_id', name=op.f('pk_team_members'))
    )
    op.create_index(op.f('ix_team_members_user_id'), 'team_members', ['user_id'], unique=False)
    op.add_column('users', sa.Column('role_id', sa.Uuid(), nullable=True))
    op.add_column('users', sa.Column('removed_at', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('users', sa.Column('last_seen_at', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column('users', sa.Column('tips_declined_at', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(op.f('ix_users_role_id'), 'users', ['role_id'], unique=False)
    op.create_foreign_key(op.f('fk_users_role_id'), 'users', 'roles', ['role_id'], ['id'], ondelete='RESTRICT')
    op.drop_constraint(op.f('ck_users_role'), 'users', type_='check')
    op.create_check_constraint(op.f('ck_users_role'), 'users', "role IN ('owner', 'admin', 'team_admin', 'member', 'viewer', 'custom')")
    op.create_check_constraint(op.f('ck_users_custom_role'), 'users', "(role = 'custom') = (role_id IS NOT NULL)")
    op.create_check_constraint(op.f('ck_users_removed'), 'users', "removed_at IS NULL OR NOT is_active")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_users_removed'), 'users', type_='check')
    op.drop_constraint(op.f('ck_users_custom_role'), 'users', type_='check')
    op.drop_constraint(op.f('ck_users_role'), 'users', type_='check')
    op.create_check_constraint(op.f('ck_users_role'), 'users', "role IN ('owner', 'admin', 'team_admin', 'member', 'viewer')")
    op.drop_constraint(op.f('fk_users_role_id'), 'users', type_='foreignkey')
    op.drop_index(op.f('ix_users_role_id'), table_name='users')
    op.drop_column('users', 'tips_declined_at')
    op.drop_column('users', 'last_seen_at')
    op.drop_column('users', 'removed_at')
    op.drop_column('users', 'role_id')
    op.drop_index(op.f('ix_team_members_user_id'), table_name='team_members')
    op.drop_table('team_members')
    op.drop_index('uq_ownership_transfers_open', table_name='ownership_transfers', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_ownership_transfers_to_id'), table_name='ownership_transfers')
    op.drop_index(op.f('ix_ownership_transfers_from_id'), table_name='ownership_transfers')
    op.drop_table('ownership_transfers')
    op.drop_index('uq_join_requests_email_open', table_name='join_requests', postgresql_where=sa.text("decision = ''"))
    op.drop_index(op.f('ix_join_requests_expires_at'), table_name='join_requests')
    op.drop_index(op.f('ix_join_requests_decided_by_id'), table_name='join_requests')
    op.drop_table('join_requests')
    op.drop_index('uq_invitations_email_pending', table_name='invitations', postgresql_where=sa.text('accepted_at IS NULL AND revoked_at IS NULL'))
    op.drop_index(op.f('ix_invitations_role_id'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_invited_by_id'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_expires_at'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_email'), table_name='invitations')
    op.drop_index(op.f('ix_invitations_accepted_by_id'), table_name='invitations')
    op.drop_table('invitations')
    op.drop_index('uq_grants_user_permission_team', table_name='grants', postgresql_nulls_not_distinct=True)
    op.drop_index(op.f('ix_grants_team_id'), table_name='grants')
    op.drop_index(op.f('ix_grants_granted_by_id'), table_name='grants')
    op.drop_table('grants')
    op.drop_index(op.f('ix_email_domains_proven_by_id'), table_name='email_domains')
    op.drop_table('email_domains')
    op.drop_table('audit_filters')
    op.drop_index(op.f('ix_audit_exports_user_id'), table_name='audit_exports')
    op.drop_table('audit_exports')
    op.drop_index(op.f('ix_api_keys_created_by_id'), table_name='api_keys')
    op.drop_table('api_keys')
    op.drop_index('ix_teams_path', table_name='teams', postgresql_using='gin')
    op.drop_index('uq_teams_parent_id_name_key', table_name='teams', postgresql_nulls_not_distinct=True)
    op.drop_table('teams')
    op.drop_table('roles')
    op.drop_table('audit_seals')
    op.drop_index('ix_audit_entries_words', table_name='audit_entries', postgresql_using='gin')
    op.drop_table('audit_entries')
    op.drop_table('audit_checkpoints')
