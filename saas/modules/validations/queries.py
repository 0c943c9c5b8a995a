"""Reads about validations and custom gates, in the tenant's scope."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, undefer

from saas.core.database import db
from saas.core.errors import NotFound
from saas.modules.validations.models import DOCUMENT_TYPES, CustomGate, Result, Validation

SORTABLE = {
    "title": func.lower(Validation.title),
    "type": Validation.document_type,
    "failures": Validation.failures,
    "created": Validation.created_at,
}
"""What the list can be ordered by, under the names that addresses use."""


def find_validations(*, q: str = "", document_type: str = "", result: str = "") -> Select[Validation]:
    """Validations whose title holds a text, with whoever asked for them; an unknown type or result counts as none."""
    query = select(Validation).options(joinedload(Validation.checked_by))
    if q:
        query = query.where(Validation.title.icontains(q, autoescape=True))
    if document_type in DOCUMENT_TYPES:
        query = query.where(Validation.document_type == document_type)
    return query.where(Validation.result == result) if result in set(Result) else query


def find_validation(validation_id: UUID) -> Validation | None:
    """A validation with its text and all results; None where there is none."""
    whole = find_validations().options(undefer(Validation.text), undefer(Validation.results))
    return db.session.scalars(whole.where(Validation.id == validation_id)).one_or_none()


def get_validation(validation_id: UUID) -> Validation:
    """The same; raises NotFound."""
    found = find_validation(validation_id)
    if found is None:
        raise NotFound
    return found


_A_VALIDATION = select(Validation.__table__.c.id).limit(1)


def has_validations() -> bool:
    """Whether any document has been checked here."""
    return db.session.execute(_A_VALIDATION).first() is not None


def count_validations_of(user_id: UUID) -> int:
    """How many documents somebody has checked."""
    asked = select(func.count()).select_from(Validation).where(Validation.checked_by_id == user_id)
    return db.session.scalar(asked) or 0


def list_gates() -> Sequence[CustomGate]:
    """The organisation's own gates, by their labels."""
    return db.session.scalars(select(CustomGate).order_by(func.lower(CustomGate.label), CustomGate.id)).all()


def count_gates() -> int:
    """How many gates the organisation has made."""
    return db.session.scalar(select(func.count()).select_from(CustomGate)) or 0


def get_gate(gate_id: UUID, *, to_change: bool = False) -> CustomGate:
    """One of the organisation's own gates, locked when it is about to change; raises NotFound."""
    gate = db.session.get(CustomGate, gate_id, with_for_update=to_change or None)
    if gate is None:
        raise NotFound
    return gate
