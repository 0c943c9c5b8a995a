"""The kinds of steps that a workflow is made of, and what each must be told. Pure: neither database nor request."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LONGEST_SETTING = 500
_ADDRESS = r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#]\S*)?"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a step must be told. ``choices`` maps stored values to labels; ``pattern`` is a regular expression.

    ``wide`` settings get a line of the form to themselves, those with ``lines`` may hold several.
    """

    name: str
    label: str
    example: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    pattern: str = ""
    wide: bool = False
    lines: bool = False

    def fault(self, text: str) -> str:
        """What is wrong with a value, said to whoever typed it; empty when nothing is."""
        if self.choices:
            return "" if text in self.choices else "Please choose one of these."
        if not text.strip():
            return "This is needed."
        if len(text) > LONGEST_SETTING:
            return f"Use at most {LONGEST_SETTING} characters."
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"This should look like {self.example}."
        return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step; ``sentence`` says what a step does, ``weight`` is what it adds to the complexity of a run."""

    label: str
    icon: str
    sentence: str
    weight: int
    settings: tuple[Setting, ...]

    def describe(self, settings: Mapping[str, str]) -> str:
        """What a step with these settings does, in one line."""
        words = {one.name: one.choices.get(settings[one.name], settings[one.name]) for one in self.settings}
        return self.sentence.format_map(words)


KINDS: Mapping[str, Kind] = {
    "http_request": Kind(
        "HTTP request",
        "world",
        "{method} {url}",
        weight=2,
        settings=(
            Setting("method", "Method", choices={"GET": "GET", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE"}),
            Setting("url", "Address", example="https://api.example.com/orders", pattern=_ADDRESS, wide=True),
        ),
    ),
    "transform": Kind(
        "Transform",
        "adjustments",
        "{expression}",
        weight=1,
        settings=(Setting("expression", "Expression", example="order.total * 1.2", wide=True, lines=True),),
    ),
    "ai_prompt": Kind(
        "AI prompt",
        "sparkles",
        "{model}: {prompt}",
        weight=3,
        settings=(
            Setting("model", "Model", choices={"swift": "Swift", "steady": "Steady", "deep": "Deep"}),
            Setting("prompt", "Prompt", example="Summarise the order in one sentence.", wide=True, lines=True),
        ),
    ),
    "condition": Kind(
        "Condition",
        "git-branch",
        "{subject} {operator} {value}",
        weight=1,
        settings=(
            Setting("subject", "Go on if", example="order.total"),
            Setting(
                "operator",
                "Comparison",
                choices={"is": "is", "is_not": "is not", "over": "is over", "under": "is under"},
            ),
            Setting("value", "Value", example="100"),
        ),
    ),
    "notify": Kind(
        "Notification",
        "bell",
        "{channel}: {message}",
        weight=1,
        settings=(
            Setting("channel", "Channel", choices={"email": "E-mail", "chat": "Chat"}),
            Setting("message", "Message", example="A large order has come in.", wide=True, lines=True),
        ),
    ),
}

SETTINGS: Mapping[str, Setting] = {setting.name: setting for kind in KINDS.values() for setting in kind.settings}


def complexity_of(kinds: Iterable[str]) -> str:
    """How complex a run of steps of these kinds is: ``simple`` up to a weight of 4, ``medium`` up to 10, else ``complex``.

    An AI prompt weighs 3, an HTTP request 2, everything else 1.
    """
    weight = sum(KINDS[kind].weight for kind in kinds)
    return "simple" if weight <= 4 else "medium" if weight <= 10 else "complex"
