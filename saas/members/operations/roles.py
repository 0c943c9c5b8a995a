"""Writes about the roles that an organisation makes itself."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from saas.accounts.models import CUSTOM, CustomRole, User
from saas.core.access import Source
from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_id
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.guard import check_may_give, lock_people, source_of_role
from saas.members.held import Holder
from saas.members.models import Invitation
from saas.members.module import ROLE_CHANGED, ROLE_CREATED, ROLE_DELETED, ROLES
from saas.members.queries.effects import check_seen, effect_of, holders_of_role
from saas.members.queries.roles import BUILT_IN_KEYS, find_role, get_role, name_key, split_key, version_of
from saas.tenancy.names import clean_name, has_control_characters

NAME_LENGTH, DESCRIPTION_LENGTH = 60, 500
MOST_ROLES = 50
_TAKEN = "There is a role of this name already. Please choose another name."
_MOST_TOLD = 200
"""How many people the log names one by one when a role is deleted."""


def create_role(
    *, name: str, description: str = "", permissions: Collection[str], role_id: UUID | None = None, actor: Actor
) -> CustomRole:
    """Make a role within the actor's own rights; raises Invalid, and Conflict when there are too many.

    It gets the id ``role_id``, unless a role has that already.
    """
    actor.require(ROLES)
    if (db.session.scalar(select(func.count()).select_from(CustomRole)) or 0) >= MOST_ROLES:
        raise Conflict(f"There are {MOST_ROLES} roles already. Delete one that nobody needs first.")
    chosen = _chosen(permissions)
    check_may_give(actor, [_source(chosen)], field="permissions")
    number = new_id() if find_role(role_id) or not role_id else role_id
    role = CustomRole(id=number, **_named(name, description), permissions=chosen)
    with _own_name():
        db.session.add(role)
    record(ROLE_CREATED, actor=actor, target=_target(role), changes=changes_of({}, _facts(role)))
    return role


def change_role(
    role: CustomRole,
    *,
    name: str,
    description: str,
    permissions: Collection[str],
    seen: str | None = None,
    version: str | None = None,
    actor: Actor,
) -> None:
    """Rename, describe and recompose a role; what is added or left out must be the actor's own to give. Raises Invalid.

    ``seen`` is the mark of the preview that was looked at: Unseen when the change does something else to people. None
    asks for no preview. ``version`` is that of the role which was looked at: Conflict when somebody changed it since.
    Nothing is recorded when nothing changes.
    """
    actor.require(ROLES)
    role = get_role(role.id, to_change=True)
    if version not in (None, version_of(role)):
        raise Conflict("Somebody changed this role while you edited it. Save again to replace that with yours.")
    before, chosen = _facts(role), _chosen(permissions, kept=role.permissions)
    check_may_give(actor, [_source(set(chosen) ^ set(role.permissions))], field="permissions")
    named = _named(name, description, own=role.id)
    people = holders_of_role(role.id) if chosen != before["permissions"] else []
    check_seen(effect_of(people, CUSTOM, _source(chosen), asked=f"{role.id} {chosen}"), seen)
    with _own_name():
        role.permissions = chosen
        for field, value in named.items():
            setattr(role, field, value)
    if changes := changes_of(before, _facts(role)):
        record(ROLE_CHANGED, actor=actor, target=_target(role), changes=changes, people=len(people))


def delete_role(role: CustomRole, *, to: str = "", seen: str | None = None, actor: Actor) -> int:
    """Delete a role; whoever has it, or is asked in with it, gets the role with the key ``to``. Returns how many people that is.

    Raises Invalid (field ``to``) when somebody has it and there is no such role to give them, Unseen as ``change_role``.
    """
    actor.require(ROLES)
    lock_people(*(one.id for one in holders_of_role(role.id)))  # before the role, as whoever gives it to somebody does
    role = get_role(role.id, to_change=True)
    people = holders_of_role(role.id)
    named = Invitation.role_id == role.id
    invited = db.session.scalar(select(func.count()).select_from(Invitation).where(named)) or 0
    label = ""
    check_may_give(actor, [_source(role.permissions)], field="to")
    if people or invited:
        source = _heir_source(role, to, people, actor)
        check_seen(effect_of(people, split_key(to)[0], source, asked=f"{role.id} > {to}"), seen)
        _move_people(role, to)
        label = source.label
    db.session.delete(role)
    db.session.flush()
    facts: dict[str, Any] = {"people": len(people), "given": label, "invitations": invited}
    if len(people) <= _MOST_TOLD:
        facts["members"] = [one.id for one in people]
    record(ROLE_DELETED, actor=actor, target=_target(role), changes=changes_of(_facts(role), _NOTHING), **facts)
    return len(people)


def _heir_source(role: CustomRole, to: str, people: Sequence[Holder], actor: Actor) -> Source:
    """What the role gives that takes the place of a deleted one. With some roles people hold more: team admins, where they lead."""
    if to in ("", str(role.id), Role.OWNER):
        raise Invalid("Please choose the role that these people get.", field="to")
    try:
        source = source_of_role(*split_key(to))
    except Invalid as error:
        raise Invalid(error.message, field="to") from None
    held = {one for person in people for one in person.sources(split_key(to)[0], source)}
    check_may_give(actor, [source, *held], field="to")
    return source


def _move_people(role: CustomRole, to: str) -> None:
    """Removed people and answered invitations are moved too: no row may name a role that is gone."""
    name, number = split_key(to)
    for model in (User, Invitation):
        moved = update(model).where(model.role_id == role.id).values(role=name, role_id=number)
        db.session.execute(moved.execution_options(synchronize_session=False))


def _named(name: str, description: str, *, own: UUID | None = None) -> dict[str, str]:
    name = clean_name(name, field="name", longest=NAME_LENGTH)
    description = description.strip()
    if len(description) > DESCRIPTION_LENGTH:
        raise Invalid(f"Use at most {DESCRIPTION_LENGTH} characters.", field="description")
    if has_control_characters(description, lines=True):
        raise Invalid("This holds characters that cannot be shown.", field="description")
    if name_key(name) in BUILT_IN_KEYS:
        raise Invalid("This is the name of a built-in role. Please choose another name.", field="name")
    key = name_key(name)
    if not key:
        raise Invalid("This is needed.", field="name")
    held = select(CustomRole.id).where(CustomRole.name_key == key, CustomRole.id != own)
    if db.session.scalar(held) is not None:
        raise Invalid(_TAKEN, field="name")
    return {"name": name, "name_key": key, "description": description}


def _chosen(permissions: Collection[str], kept: Collection[str] = ()) -> list[str]:
    """The permissions in the order in which they are declared; those that this deployment no longer knows stay."""
    known = runtime().registry.permissions
    if unknown := set(permissions) - known.keys():
        raise Invalid(f"There is no permission “{min(unknown)[:60]}”.", field="permissions")
    if not permissions:
        raise Invalid("Please choose at least one permission.", field="permissions")
    return [name for name in known if name in permissions] + sorted(set(kept) - known.keys())


def _source(permissions: Collection[str]) -> Source:
    return Source("role", "", frozenset(runtime().registry.permissions.keys() & set(permissions)))


@contextmanager
def _own_name() -> Iterator[None]:
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        raise Invalid(_TAKEN, field="name") from None


_NOTHING: dict[str, Any] = {"name": None, "description": None, "permissions": None}


def _facts(role: CustomRole) -> dict[str, Any]:
    return {"name": role.name, "description": role.description, "permissions": list(role.permissions)}


def _target(role: CustomRole) -> Target:
    return Target("role", role.id, role.name)
