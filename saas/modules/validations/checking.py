"""How a text is checked: every gate of the chosen rule sets, one after the other. Works on values; storing is for operations."""

import re
from collections.abc import Iterable, Mapping, Sequence
from unicodedata import category

from saas.modules.validations.gates import Document, Gate, holds, lacks, phrase
from saas.modules.validations.models import CustomGate, GateKind, GateResult
from saas.modules.validations.rules import RULE_SETS

CUSTOM = "custom"
"""Under this name the organisation's own gates are chosen like a rule set."""
LABELS: Mapping[str, str] = {**{name: one.label for name, one in RULE_SETS.items()}, CUSTOM: "Own gates"}

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """A pasted text with plain line breaks and without what cannot be seen; no space around it."""
    return _HIDDEN.sub("", _BREAKS.sub("\n", text)).strip()


def is_blank(text: str) -> bool:
    """Whether nothing in a text can be read."""
    return not any(category(sign)[0] in "LN" for sign in text)


def check_text(text: str, rule_sets: Iterable[str], own: Sequence[CustomGate] = ()) -> list[GateResult]:
    """What each gate of these rule sets finds in a text, in their order."""
    document = Document(text)
    return [_result(name, gate, document) for name in rule_sets for gate in _gates(name, own)]


def _gates(name: str, own: Sequence[CustomGate]) -> Iterable[Gate]:
    return [gate_of(gate) for gate in own] if name == CUSTOM else RULE_SETS[name].gates


def gate_of(own: CustomGate) -> Gate:
    """A custom gate as something that can look through a document."""
    must = own.kind == GateKind.MUST
    check = (holds if must else lacks)(phrase(own.phrase))
    mend = own.mend or (f"Add the words “{own.phrase}”." if must else f"Take out the words “{own.phrase}”.")
    return Gate(str(own.id), own.label, own.severity, mend, check)


def _result(rule_set: str, gate: Gate, document: Document) -> GateResult:
    finding = gate.check(document)
    result: GateResult = {
        "rule_set": rule_set,
        "gate": f"{rule_set}.{gate.id}",
        "label": gate.label,
        "severity": gate.severity,
        "passed": finding.passed,
        "note": finding.note,
        "excerpt": finding.excerpt,
        "mend": gate.mend,
    }
    if finding.line is not None:
        result["line"] = finding.line
    return result
