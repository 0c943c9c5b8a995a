"""Tables of a tenant's people, the roles it made, and their sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.core.module import Role

CUSTOM = "custom"
"""What ``User.role`` says of whoever holds a role that the organisation made itself."""
_ROLES = ", ".join(f"'{role}'" for role in (*Role, CUSTOM))


class CustomRole(TenantModel):
    """A role that an organisation made: a name and the permissions it gives everywhere in the organisation."""

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    permissions: Mapped[list[str]] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now)


class User(TenantModel):
    """A person's account in one organisation. ``email`` is in canonical form (see ``saas.core.addresses``).

    Who was removed stays as a row, so that their work keeps its name; they come back as the same row when invited again.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        CheckConstraint("(role = 'custom') = (role_id IS NOT NULL)", name="custom_role"),
        CheckConstraint("removed_at IS NULL OR NOT is_active", name="removed"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, default=Role.MEMBER)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey(CustomRole.id, ondelete="RESTRICT"), index=True)
    password_hash: Mapped[str] = mapped_column(Text, default="")
    theme: Mapped[str] = mapped_column(Text, default="system")
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    is_active: Mapped[bool] = mapped_column(default=True)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    tips_declined_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=now, onupdate=now)


class UserSession(TenantModel):
    """One sign-in of one browser; only the hash of its token is kept. Ended sessions are deleted."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
    confirmed_at: Mapped[datetime] = mapped_column(Moment, default=now)
    address: Mapped[str] = mapped_column(Text, default="")
    agent: Mapped[str] = mapped_column(Text, default="")
    user: Mapped[User] = relationship()


class Purpose(StrEnum):
    """What a one-time token is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change_email"
    HAND_OVER = "hand_over"


class OneTimeToken(TenantModel):
    """A secret sent to a person, good once and for some time; only its hash is kept.

    ``email`` is the address it was sent to: it proves that address and no other.
    """

    __tablename__ = "one_time_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    purpose: Mapped[str] = mapped_column(Text)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(Text(collation="C"))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class KnownDevice(TenantModel):
    """A browser and network from which a person has signed in before; only a keyed hash of the two is kept."""

    __tablename__ = "known_devices"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
