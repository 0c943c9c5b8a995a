"""Tables of teams, grants, invitations, requests to join and transfers of ownership."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import CustomRole, User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.core.marks import mark_of
from saas.core.module import Role


class Team(TenantModel):
    """A team or department. ``path`` holds its own id last and those of all teams above it before, topmost first.

    ``name_key`` is the name as it is compared: among the teams directly below another each has its own.
    """

    __tablename__ = "teams"
    __table_args__ = (
        Index("ix_teams_path", "path", postgresql_using="gin"),
        Index("uq_teams_parent_id_name_key", "parent_id", "name_key", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text(collation="C"))
    description: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now)

    @property
    def version(self) -> str:
        """What differs after each change of name or description."""
        return mark_of(self.name, self.description)


class TeamMember(TenantModel):
    """Somebody's place in a team; who ``leads`` it and is a team admin has a team admin's permissions there and below."""

    __tablename__ = "team_members"

    team_id: Mapped[UUID] = mapped_column(ForeignKey(Team.id, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True, index=True)
    leads: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    user: Mapped[User] = relationship()
    team: Mapped[Team] = relationship()


class Grant(TenantModel):
    """One permission given to one person besides their role: everywhere, or in one team and those below it."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(
            "uq_grants_user_permission_team",
            "user_id",
            "permission",
            "team_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    permission: Mapped[str] = mapped_column(Text)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey(Team.id, ondelete="CASCADE"), index=True)
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    team: Mapped[Team | None] = relationship()


_PENDING = text("accepted_at IS NULL AND revoked_at IS NULL")


class Invitation(TenantModel):
    """Somebody asked in by mail; only the hash of the link's secret is kept. One that is open takes a seat until it expires.

    ``refusal`` says why it was closed when somebody wanted to accept it: its inviter could no longer give what it gives.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(role = 'custom') = (role_id IS NOT NULL)", name="custom_role"),
        Index("uq_invitations_email_pending", "email", unique=True, postgresql_where=_PENDING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(Text(collation="C"), index=True)
    role: Mapped[str] = mapped_column(Text)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey(CustomRole.id, ondelete="RESTRICT"), index=True)
    team_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    message: Mapped[str] = mapped_column(Text, default="")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    sent_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str] = mapped_column(Text, default="")
    invited_by: Mapped[User | None] = relationship(foreign_keys=[invited_by_id])
    custom_role: Mapped[CustomRole | None] = relationship()


class JoinMode(StrEnum):
    """How people with an address at a domain of the organisation come in without an invitation."""

    REQUEST = "request"
    AUTO = "auto"


class EmailDomain(TenantModel):
    """An e-mail domain of the organisation, proven by a person whose own address is in it.

    ``role`` is what people get who just join, and what is proposed for those who ask.
    """

    __tablename__ = "email_domains"
    __table_args__ = (
        CheckConstraint("mode IN ('request', 'auto')", name="mode"),
        CheckConstraint("role IN ('member', 'viewer')", name="role"),
    )

    domain: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    mode: Mapped[str] = mapped_column(Text, default=JoinMode.REQUEST)
    role: Mapped[str] = mapped_column(Text, default=Role.MEMBER)
    proven_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    proven_by: Mapped[User | None] = relationship()


class JoinRequest(TenantModel):
    """Somebody who asked to come in. It waits for the link in their mail, then (unless they may just join) for an admin.

    ``announced_at`` is when admins were told of it by mail.
    """

    __tablename__ = "join_requests"
    __table_args__ = (
        CheckConstraint("decision IN ('', 'approved', 'declined')", name="decision"),
        Index("uq_join_requests_email_open", "email", unique=True, postgresql_where=text("decision = ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text, default="")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    announced_at: Mapped[datetime | None] = mapped_column(Moment)
    decision: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    decided_by: Mapped[User | None] = relationship()


class OwnershipTransfer(TenantModel):
    """An owner offers the ownership to somebody; it moves when that person accepts. At most one is open.

    Who offers it becomes an admin then, or with ``stays`` remains an owner beside the new one.
    """

    __tablename__ = "ownership_transfers"
    __table_args__ = (
        Index(
            "uq_ownership_transfers_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    from_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    stays: Mapped[bool] = mapped_column(default=False)
    offered_at: Mapped[datetime] = mapped_column(Moment, default=now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(Text, default="")
    offered_by: Mapped[User] = relationship(foreign_keys=[from_id])
    offered_to: Mapped[User] = relationship(foreign_keys=[to_id])
