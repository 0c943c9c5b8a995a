"""Reads about roles: the built-in ones, those that the organisation made, and who has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from saas.accounts.models import CUSTOM, CustomRole, User
from saas.accounts.queries import role_source
from saas.core.access import Source
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.marks import mark_of
from saas.core.module import Permission, Role, label_of
from saas.core.runtime import runtime
from saas.members.models import Invitation
from saas.members.queries.seats import is_open
from saas.tenancy.names import is_uuid

ABOUT = {
    Role.OWNER: "Everything, from roles and the ownership to closing the organisation.",
    Role.ADMIN: "Runs the organisation day by day: people, teams and settings.",
    Role.TEAM_ADMIN: "Works as a member, and looks after the teams they lead and those below.",
    Role.MEMBER: "Does the work.",
    Role.VIEWER: "Looks on and changes nothing.",
}
"""What each built-in role is for."""


@dataclass(frozen=True, slots=True)
class RoleEntry:
    """A role as lists and forms show it. ``key`` stands for it in addresses: its name, or the id of one made here.

    ``people`` have it, deactivated ones too; ``invited`` are asked in with it.
    """

    key: str
    label: str
    description: str
    source: Source
    id: UUID | None = None
    people: int = 0
    invited: int = 0

    @property
    def is_custom(self) -> bool:
        """Whether the organisation made it."""
        return self.id is not None

    @property
    def stored(self) -> tuple[str, UUID | None]:
        """What the columns ``role`` and ``role_id`` say of whoever has it."""
        return (CUSTOM if self.id else self.key), self.id

    def gives(self, permission: Permission) -> str:
        """``yes``, ``teams`` for what a team admin may do in the teams they lead, or nothing."""
        if permission.name in self.source.permissions:
            return "yes"
        return "teams" if self.key == Role.TEAM_ADMIN and permission.in_teams else ""


def name_key(name: str) -> str:
    """A role's name as it is compared: without regard to case, to space, and to ways of writing a letter."""
    return " ".join(normalize("NFKC", normalize("NFKC", name).casefold()).split())


BUILT_IN_KEYS = frozenset(name_key(label_of(role)) for role in Role) | frozenset(name_key(role) for role in Role)
"""Names that no role made here can have."""


def split_key(key: str) -> tuple[str, UUID | None]:
    """What the columns ``role`` and ``role_id`` would say; a key that makes no sense stays what it is."""
    return (CUSTOM, UUID(key)) if is_uuid(key) else (key, None)


def key_of(role: str, role_id: UUID | None) -> str:
    """The key of somebody's role."""
    return str(role_id) if role_id else role


def list_roles() -> list[RoleEntry]:
    """All roles with how many people have them: the built-in ones from most to least, then those made here by name."""
    people, invited = _counted(User, User.removed_at.is_(None)), _counted(Invitation, is_open())
    made = db.session.scalars(select(CustomRole).order_by(CustomRole.name_key)).all()
    entries = [_built_in(role) for role in Role] + [_made(role) for role in made]
    return [_with_counts(entry, people, invited) for entry in entries]


def get_role(role_id: UUID, *, to_change: bool = False) -> CustomRole:
    """A role made here, locked when it is about to change; raises NotFound."""
    query = select(CustomRole).where(CustomRole.id == role_id).execution_options(populate_existing=True)
    role = db.session.scalars(query.with_for_update() if to_change else query).one_or_none()
    if role is None:
        raise NotFound("There is no such role, or it was deleted.")
    return role


def find_role(role_id: UUID | None) -> CustomRole | None:
    """A role made here, if there is one with this id."""
    return db.session.get(CustomRole, role_id) if role_id else None


def version_of(role: CustomRole) -> str:
    """What differs after each change of a role."""
    return mark_of(role.name, role.description, sorted(role.permissions))


def entry_of(role: CustomRole) -> RoleEntry:
    """A role made here as lists show it, with how many people have it."""
    people, invited = _counted(User, User.removed_at.is_(None)), _counted(Invitation, is_open())
    return _with_counts(_made(role), people, invited)


def _built_in(role: Role) -> RoleEntry:
    return RoleEntry(str(role), label_of(role), ABOUT[role], role_source(role, None, None))


def _made(role: CustomRole) -> RoleEntry:
    return RoleEntry(
        str(role.id), role.name, role.description, role_source(CUSTOM, role.name, role.permissions), role.id
    )


def _counted(
    model: type[User] | type[Invitation], condition: ColumnElement[bool]
) -> dict[tuple[str, UUID | None], int]:
    query = select(model.role, model.role_id, func.count()).where(condition).group_by(model.role, model.role_id)
    return {(role, role_id): number for role, role_id, number in db.session.execute(query)}


def _with_counts(
    entry: RoleEntry, people: dict[tuple[str, UUID | None], int], invited: dict[tuple[str, UUID | None], int]
) -> RoleEntry:
    counts = people.get(entry.stored, 0), invited.get(entry.stored, 0)
    return RoleEntry(entry.key, entry.label, entry.description, entry.source, entry.id, *counts)


@dataclass(frozen=True, slots=True)
class Section:
    """The permissions that one module declares."""

    label: str
    permissions: Sequence[Permission]


def permission_sections(q: str = "") -> list[Section]:
    """All permissions by module; with a text, those whose label, sentence, name or module holds it."""
    features = [feature.module for feature in runtime().registry.features]
    known = [(module.label, permission) for module in features for permission in module.permissions]
    wanted = q.casefold()
    kept = [pair for pair in known if wanted in f"{pair[0]} {_told(pair[1])}".casefold()]
    return [
        Section(label, [permission for _, permission in pairs])
        for label, pairs in groupby(kept, key=lambda pair: pair[0])
    ]


def _told(permission: Permission) -> str:
    return f"{permission.label} {permission.sentence} {permission.name}"
