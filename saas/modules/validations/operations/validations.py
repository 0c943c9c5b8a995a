"""Checking documents and deleting what was checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID, uuid5

from sqlalchemy.exc import IntegrityError

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.errors import Invalid
from saas.core.ids import new_id
from saas.modules.validations.checking import CUSTOM, LABELS, check_text, clean_text, is_blank
from saas.modules.validations.models import (
    DOCUMENT_TYPES,
    TEXT_LENGTH,
    TITLE_LENGTH,
    CustomGate,
    Result,
    Validation,
)
from saas.modules.validations.module import CHECKED, CUSTOM_GATES, DELETE, DELETED, METER, RUN
from saas.modules.validations.module import module as own_module
from saas.modules.validations.queries import find_validation, list_gates
from saas.tenancy.limits import require_feature
from saas.tenancy.names import clean_name
from saas.usage.operations.consuming import consume


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as somebody wants it checked."""

    title: str
    document_type: str
    text: str
    rule_sets: Sequence[str]


def feature_of(rule_set: str) -> str:
    """The feature of the catalogue that opens a rule set."""
    return CUSTOM_GATES if rule_set == CUSTOM else rule_set


def run_validation(draft: Draft, *, number: UUID | None = None, actor: Actor) -> Validation:
    """Check a document and keep it with what was found; counts one validation. ``number`` is the id that it will have:
    sent twice, it is checked once. Another document that comes under the same number is checked under another id.

    Raises Invalid, FeatureLocked for a rule set that the plan does not hold, LimitReached.
    """
    actor.require(RUN)
    draft = _checked(draft)
    wanted = _free_for(draft, number) if number else new_id()
    if number and (known := find_validation(wanted)):
        return known
    validation = _made(draft, wanted)
    validation.checked_by_id = actor.id if actor.kind == "member" else None
    if not _added(validation):
        return run_validation(draft, number=number, actor=actor)
    _tell(validation, draft, actor)
    return validation


def _free_for(draft: Draft, number: UUID) -> UUID:
    """The id of what comes with a number: the number itself, unless another document came with it before."""
    known = find_validation(number)
    if known is None or _draft_of(known) == draft:
        return number
    return uuid5(number, repr(draft))


def _draft_of(validation: Validation) -> Draft:
    chosen = [name for name in LABELS if name in validation.rule_sets]
    return Draft(validation.title, validation.document_type, validation.text, chosen)


def _added(validation: Validation) -> bool:
    """Whether it is kept now; not when somebody else has kept one under its id at the same moment."""
    try:
        with db.session.begin_nested():
            db.session.add(validation)
            db.session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "pk_validations":
            raise
        return False
    return True


def _tell(validation: Validation, draft: Draft, actor: Actor) -> None:
    record(
        CHECKED,
        actor=actor,
        target=_target(validation),
        result=validation.result,
        rule_sets=list(draft.rule_sets),
        failed=list(validation.failed.values()),
    )
    consume(
        METER,
        actor=actor,
        module=own_module.name,
        resource=f"validation:{validation.id}",
        outcome="ok",
        duration_ms=validation.duration_ms,
    )


def _checked(draft: Draft) -> Draft:
    title = clean_name(draft.title, field="title", longest=TITLE_LENGTH)
    if draft.document_type not in DOCUMENT_TYPES:
        raise Invalid("Please choose one of these.", field="document_type")
    text = clean_text(draft.text)
    if is_blank(text):
        raise Invalid("Paste or type the document first.", field="text")
    if len(text) > TEXT_LENGTH:
        raise Invalid(f"Use at most {TEXT_LENGTH:,} characters; these are {len(text):,}.", field="text")
    return Draft(title, draft.document_type, text, _chosen(draft.rule_sets))


def _chosen(names: Sequence[str]) -> list[str]:
    """The rule sets in their usual order, each of them in the plan."""
    if not names:
        raise Invalid("Choose at least one rule set.", field="rule_sets")
    if unknown := [name for name in names if name not in LABELS]:
        raise Invalid(f"There is no rule set “{unknown[0][:40]}”.", field="rule_sets")
    chosen = [name for name in LABELS if name in set(names)]
    for name in chosen:
        require_feature(feature_of(name))
    return chosen


def _own_gates(draft: Draft) -> Sequence[CustomGate]:
    if CUSTOM not in draft.rule_sets:
        return ()
    if own := list_gates():
        return own
    raise Invalid("Your organisation has no gates of its own yet.", field="rule_sets")


def _made(draft: Draft, number: UUID) -> Validation:
    own, began = _own_gates(draft), perf_counter()
    results = check_text(draft.text, draft.rule_sets, own)
    took = max(1, round((perf_counter() - began) * 1000))
    failed = [result for result in results if not result["passed"]]
    lost = {result["rule_set"] for result in failed}
    return Validation(
        id=number,
        title=draft.title,
        document_type=draft.document_type,
        text=draft.text,
        result=Result.FAIL if failed else Result.PASS,
        gates=len(results),
        failures=len(failed),
        rule_sets={name: name not in lost for name in draft.rule_sets},
        failed={result["gate"]: result["label"] for result in failed},
        results=results,
        duration_ms=took,
        created_at=now(),
    )


def _target(validation: Validation) -> Target:
    return Target("validation", validation.id, validation.title)


def delete_validation(validation: Validation, *, actor: Actor) -> None:
    """Delete a checked document with what was found in it; what it used stays counted."""
    actor.require(DELETE)
    record(DELETED, actor=actor, target=_target(validation), result=validation.result)
    db.session.delete(validation)
