"""What an organisation says of its brand. Everything else follows from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from saas.branding.colours import parse
from saas.core.errors import Invalid

_SANS = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
SHIPPED = ("Source Sans 3", "Nunito Sans", "Source Serif 4")
"""Fonts that come along besides Inter; a page is told of their files only where its brand chose one."""
FONTS = {
    "Inter": "",
    "Source Sans 3": f'"Source Sans 3", {_SANS}',
    "Nunito Sans": f'"Nunito Sans", {_SANS}',
    "Source Serif 4": '"Source Serif 4", ui-serif, Georgia, Cambria, "Times New Roman", serif',
    "System": _SANS,
}
RADII = {"none": "0rem", "small": "0.375rem", "medium": "0.625rem", "large": "1rem"}
LEVELS = ("AA", "AAA")
MODES = ("light", "dark")
OVERRIDABLE = (
    *("background", "card", "popover", "muted", "secondary", "accent"),
    *("border", "input", "primary", "primary-border", "link", "ring"),
)
"""Texts are picked for what they stand on, states keep their meaning, chart series keep their distance: those are not set."""


@dataclass(frozen=True)
class Brand:
    """A brand in its canonical form; Invalid with the first problem when a value is not acceptable.

    ``overrides`` sets tokens by mode and name, such as ``{"dark.link": "#9bd"}``.
    """

    primary: str
    secondary: str = ""
    font: str = "Inter"
    radius: str = "medium"
    overrides: Mapping[str, str] = field(default_factory=dict, hash=False)
    level: str = "AA"

    def __post_init__(self) -> None:
        found = problems(self.primary, self.secondary, self.font, self.radius, self.overrides, self.level)
        for name, sentence in found.items():
            raise Invalid(sentence, field=name)
        overrides = {name: parse(value).hex for name, value in sorted(self.overrides.items())}
        object.__setattr__(self, "primary", parse(self.primary).hex)
        object.__setattr__(self, "secondary", parse(self.secondary).hex if self.secondary.strip() else "")
        object.__setattr__(self, "overrides", overrides)

    @property
    def canonical(self) -> str:
        """The same text for the same brand, however its colours were written and its overrides ordered."""
        return json.dumps(vars(self), sort_keys=True, separators=(",", ":"))


def problems(
    primary: str,
    secondary: str = "",
    font: str = "Inter",
    radius: str = "medium",
    overrides: Mapping[str, str] | None = None,
    level: str = "AA",
) -> dict[str, str]:
    """A sentence for each field that cannot be taken, all at once; an override's field is ``overrides.<its name>``."""
    colours = {"primary": primary, **({"secondary": secondary} if secondary.strip() else {})}
    chosen = (("font", font, FONTS), ("radius", radius, RADII), ("level", level, LEVELS))
    found = {name: _colour_problem(value) for name, value in colours.items()}
    found |= {name: _choice_problem(value, choices) for name, value, choices in chosen}
    found |= {f"overrides.{name}": _override_problem(name, value) for name, value in sorted((overrides or {}).items())}
    return {name: sentence for name, sentence in found.items() if sentence}


def _colour_problem(value: str) -> str:
    try:
        parse(value)
    except Invalid as error:
        return error.message
    return ""


def _choice_problem(value: str, choices: Mapping[str, str] | tuple[str, ...]) -> str:
    return "" if value in choices else f"Choose one of {', '.join(choices)}."


def _override_problem(name: str, value: str) -> str:
    mode, _, token = name.partition(".")
    if mode not in MODES:
        return "Begin the name with light. or dark., such as dark.link."
    if token not in OVERRIDABLE:
        return f"This colour follows from the others. Those that may be set are {', '.join(OVERRIDABLE)}."
    return _colour_problem(value)
