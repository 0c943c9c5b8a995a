"""Who used something: people by their names, programs by the names of their keys."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, or_, select, union_all

from saas.accounts.models import User
from saas.audit.sentences import KINDS
from saas.core.database import db
from saas.keys.models import ApiKey
from saas.tenancy.names import is_uuid

FORMER = "a former member"
NOBODY = "Nobody in person"


def names_of(ids: Iterable[UUID | str]) -> dict[str, str]:
    """The names of people and keys by their ids, in one statement; none for those that are gone."""
    wanted = {UUID(str(one)) for one in ids if one and is_uuid(str(one))}
    if not wanted:
        return {}
    known = union_all(*(select(model.id, model.name).where(model.id.in_(wanted)) for model in (User, ApiKey)))
    return {str(row[0]): row[1] for row in db.session.execute(known)}


def name_of(kind: str, id: UUID | None, names: dict[str, str]) -> str:
    """What to call whoever used something."""
    if id is None:
        return KINDS.get(kind, NOBODY)
    return names.get(str(id), FORMER)


def ids_like(words: str) -> Select[tuple[UUID]]:
    """A query for the ids of people and keys whose name or address holds some words."""
    people = select(User.id).where(
        or_(User.name.icontains(words, autoescape=True), User.email.icontains(words, autoescape=True))
    )
    keys = select(ApiKey.id).where(ApiKey.name.icontains(words, autoescape=True))
    found = union_all(people, keys).subquery()
    return select(found.c.id)
