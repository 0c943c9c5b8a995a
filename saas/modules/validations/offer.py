"""What an organisation may check its documents against, and where what its plan does not hold is to be had."""

from collections.abc import Mapping
from dataclasses import dataclass

from saas.catalogue.current import catalogue
from saas.modules.validations.checking import CUSTOM, LABELS
from saas.modules.validations.module import CUSTOM_GATES
from saas.modules.validations.operations.validations import feature_of
from saas.modules.validations.queries import count_gates
from saas.modules.validations.rules import RULE_SETS
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import plans_with_feature


@dataclass(frozen=True, slots=True)
class Locked:
    """A rule set that the plan does not hold; ``plans`` are what the plans are called that do."""

    label: str
    sentence: str
    plans: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The rule sets that can be chosen, by name, with a sentence on each; and those that are locked."""

    open: dict[str, str]
    sentences: Mapping[str, str]
    locked: list[Locked]


def get_offer() -> Offer:
    """What the plan of the organisation in scope has. Own gates are offered as soon as there is one."""
    granted = entitlements()
    own = count_gates() if granted.allows(CUSTOM_GATES) else 0
    held = [name for name in LABELS if granted.allows(feature_of(name)) and (name != CUSTOM or own)]
    locked = [name for name in LABELS if not granted.allows(feature_of(name))]
    return Offer(
        {name: LABELS[name] for name in held},
        {name: _sentence(name, own) for name in held},
        [Locked(LABELS[name], _sentence(name, own), _plans(feature_of(name))) for name in locked],
    )


def _sentence(name: str, own: int) -> str:
    if name != CUSTOM:
        return f"{RULE_SETS[name].sentence} {len(RULE_SETS[name].gates)} gates, drawn from: {RULE_SETS[name].source}."
    if not own:
        return "Phrases of your own that documents must hold or must not hold."
    return f"{own} {'gate' if own == 1 else 'gates'} that your organisation made itself."


def _plans(feature: str) -> str:
    return " or ".join(catalogue().plans[name].label for name in plans_with_feature(feature))
