"""Tables of validations: the documents that were checked, and the gates that an organisation made itself."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.database import Moment, TenantModel
from saas.core.ids import new_id
from saas.modules.validations.gates import SEVERITIES

TITLE_LENGTH = 150
TEXT_LENGTH = 50_000
LABEL_LENGTH = 100
PHRASE_LENGTH = 200
MEND_LENGTH = 500

DOCUMENT_TYPES = {
    "financial_promotion": "Financial promotion",
    "privacy_notice": "Privacy notice",
    "employment_contract": "Employment contract",
    "nda": "Non-disclosure agreement",
    "tax_advice": "Tax advice",
    "invoice": "Invoice",
    "other": "Other",
}
"""The types of documents with their labels, in the order in which they are offered."""


class Result(StrEnum):
    """How a document did: one gate that fails is enough for FAIL."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"


class GateKind(StrEnum):
    """What a custom gate asks: that a phrase stands in the document, or that it does not."""

    MUST = "must"
    MUST_NOT = "must_not"


class GateResult(TypedDict):
    """What one gate found, as it was called and explained then; without ``line`` where nothing was found."""

    rule_set: str
    gate: str
    label: str
    severity: str
    passed: bool
    note: str
    excerpt: str
    mend: str
    line: NotRequired[int]


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Validation(TenantModel):
    """A document that was checked. ``results`` has every gate; ``rule_sets`` says of each set whether it passed, and
    ``failed`` names the gates that did not, with their labels: charts read these two and not the long ones.
    """

    __tablename__ = "validations"
    __table_args__ = (_one_of("document_type", DOCUMENT_TYPES), _one_of("result", Result))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(Text)
    document_type: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    result: Mapped[str] = mapped_column(Text)
    gates: Mapped[int]
    failures: Mapped[int]
    rule_sets: Mapped[dict[str, bool]] = mapped_column(JSONB)
    failed: Mapped[dict[str, str]] = mapped_column(JSONB)
    results: Mapped[list[GateResult]] = mapped_column(JSONB, deferred=True, deferred_raiseload=True)
    duration_ms: Mapped[int]
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    checked_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def passed(self) -> bool:
        """Whether all gates let the document through."""
        return self.result == Result.PASS

    @property
    def type_label(self) -> str:
        """What the type of the document is called."""
        return DOCUMENT_TYPES[self.document_type]


class CustomGate(TenantModel):
    """A phrase that the organisation's documents must hold or must not hold."""

    __tablename__ = "validation_gates"
    __table_args__ = (_one_of("kind", GateKind), _one_of("severity", SEVERITIES))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    label: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    phrase: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    mend: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
