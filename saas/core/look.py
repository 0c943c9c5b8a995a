"""The look: what pages, mails and papers need to know of a brand. Without one they look as the platform does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Self

LIGHT = MappingProxyType(
    {
        "background": "#f4f6f5",
        "foreground": "#17211d",
        "card": "#ffffff",
        "border": "#dfe4e1",
        "muted": "#f4f6f5",
        "muted-foreground": "#5b6761",
        "primary": "#0d6b4c",
        "primary-foreground": "#ffffff",
        "link": "#0d6b4c",
    }
)
DARK = MappingProxyType(
    {
        "background": "#101513",
        "foreground": "#e9efec",
        "card": "#181e1b",
        "border": "#2b3430",
        "muted": "#212925",
        "muted-foreground": "#a2aea8",
        "primary": "#45c592",
        "primary-foreground": "#051810",
        "link": "#57c79d",
    }
)
"""The colours of mails and of what browsers paint around a page; a brand has others under the same names."""

PLATFORM_SHEET = "platform-"
"""Begins the version of the platform's style sheet, which every host has under the same address."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the brand: the hash in its address, and its size in pixels."""

    id: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """How an organisation appears. What is empty is as the platform has it.

    ``styles`` and ``custom`` are the versions of its two style sheets, ``links`` are labels with addresses. One that is ``bare``
    does not name the platform. A logo that is ``pale`` would vanish on white and stands on a dark plate. ``home`` stands before
    the addresses of pictures where they are seen from outside (mails).
    """

    name: str = ""
    styles: str = ""
    custom: str = ""
    logo: Picture | None = None
    logo_dark: Picture | None = None
    icon: Picture | None = None
    light: Mapping[str, str] = field(default_factory=lambda: LIGHT)
    dark: Mapping[str, str] = field(default_factory=lambda: DARK)
    font: str = ""
    footer: str = ""
    links: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    pale: bool = False
    home: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """As stored; what is unknown is left out, as a newer release may keep more."""
        known = {one.name for one in fields(cls)}
        pictures = {name: Picture(*stored[name]) for name in ("logo", "logo_dark", "icon") if stored.get(name)}
        links = tuple((label, url) for label, url in stored.get("links", ()))
        kept = {name: value for name, value in stored.items() if name in known}
        return cls(**{**kept, **pictures, "links": links})

    def stored(self) -> dict[str, Any]:
        """What is kept of it: only what is set."""
        texts = {name: getattr(self, name) for name in ("name", "styles", "custom", "font", "footer", "bare", "pale")}
        pictures = {name: getattr(self, name) for name in ("logo", "logo_dark", "icon")}
        parts = {name: [one.id, one.width, one.height] if one else None for name, one in pictures.items()}
        values = {**texts, **parts, "links": [list(link) for link in self.links]}
        colours = {"light": dict(self.light), "dark": dict(self.dark)} if self.styles else {}
        return {**{name: one for name, one in values.items() if one}, **colours}

    @property
    def sign(self) -> str:
        """The version of the icon drawn in an organisation's own colours; empty where it has a picture, or no such colours."""
        return "" if self.icon or self.styles.startswith(PLATFORM_SHEET) else self.styles

    def over(self, plain: Self) -> Self:
        """The same with the colours of another where it has none of its own."""
        return self if self.styles else replace(self, styles=plain.styles, light=plain.light, dark=plain.dark)

    def product(self, called: str, platform: str) -> str:
        """What the product is called before people of an organisation ``called`` so: by the platform's name unless bare."""
        return (self.name or called) if self.bare else platform


PLAIN = Look()
