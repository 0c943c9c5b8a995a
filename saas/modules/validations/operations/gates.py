"""Making, changing and deleting an organisation's own gates."""

from dataclasses import dataclass

from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.modules.validations.gates import SEVERITIES
from saas.modules.validations.models import (
    LABEL_LENGTH,
    MEND_LENGTH,
    PHRASE_LENGTH,
    CustomGate,
    GateKind,
)
from saas.modules.validations.module import CUSTOM_GATES, GATE_CHANGED, GATE_CREATED, GATE_DELETED, GATES
from saas.modules.validations.queries import count_gates
from saas.tenancy.limits import lock_meter, require_feature
from saas.tenancy.names import clean_name, has_control_characters

MOST_GATES = 50


@dataclass(frozen=True, slots=True)
class GateDraft:
    """A gate as somebody wants it."""

    label: str
    kind: str
    phrase: str
    severity: str
    mend: str = ""


def create_gate(draft: GateDraft, *, actor: Actor) -> CustomGate:
    """Make a gate. Raises Invalid, FeatureLocked, and Conflict where there are as many as there can be."""
    actor.require(GATES)
    require_feature(CUSTOM_GATES)
    lock_meter("validation_gates")
    if count_gates() >= MOST_GATES:
        raise Conflict(f"There are {MOST_GATES} gates, and that is the most. Delete one to make another.")
    gate = CustomGate()
    _apply(draft, gate)
    db.session.add(gate)
    db.session.flush()
    record(GATE_CREATED, actor=actor, target=_target(gate), changes=changes_of({}, _fields(gate)))
    return gate


def change_gate(gate: CustomGate, draft: GateDraft, *, actor: Actor) -> None:
    """Make a gate what the draft says; what was checked before keeps its results. Raises Invalid and FeatureLocked."""
    actor.require(GATES)
    require_feature(CUSTOM_GATES)
    before = _fields(gate)
    _apply(draft, gate)
    if changes := changes_of(before, _fields(gate)):
        record(GATE_CHANGED, actor=actor, target=_target(gate), changes=changes)
    db.session.flush()


def delete_gate(gate: CustomGate, *, actor: Actor) -> None:
    """Delete a gate; what was checked before keeps its results."""
    actor.require(GATES)
    fields = _fields(gate)
    record(GATE_DELETED, actor=actor, target=_target(gate), changes=changes_of(fields, dict.fromkeys(fields)))
    db.session.delete(gate)


def _apply(draft: GateDraft, gate: CustomGate) -> None:
    gate.label = clean_name(draft.label, field="label", longest=LABEL_LENGTH)
    gate.phrase = clean_name(draft.phrase, field="phrase", longest=PHRASE_LENGTH)
    if draft.kind not in set(GateKind):
        raise Invalid("Please choose one of these.", field="kind")
    if draft.severity not in SEVERITIES:
        raise Invalid("Please choose one of these.", field="severity")
    if len(draft.mend) > MEND_LENGTH:
        raise Invalid(f"Use at most {MEND_LENGTH} characters.", field="mend")
    if has_control_characters(draft.mend, lines=True):
        raise Invalid("This holds characters that cannot be shown.", field="mend")
    gate.kind, gate.severity, gate.mend = draft.kind, draft.severity, draft.mend.strip()


def _fields(gate: CustomGate) -> dict[str, str | None]:
    return {
        "label": gate.label,
        "kind": gate.kind,
        "phrase": gate.phrase,
        "severity": gate.severity,
        "mend": gate.mend,
    }


def _target(gate: CustomGate) -> Target:
    return Target("validation_gate", gate.id, gate.label)
