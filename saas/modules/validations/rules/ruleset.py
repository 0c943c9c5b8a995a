"""What a rule set is."""

from dataclasses import dataclass

from saas.modules.validations.gates import Gate


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Gates under a name; ``source`` says which rules they are drawn from."""

    name: str
    label: str
    sentence: str
    source: str
    gates: tuple[Gate, ...]
