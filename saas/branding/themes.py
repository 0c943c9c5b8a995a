"""Brands to begin with: the platform's own, and one for each of several industries (BRA-5)."""

from collections.abc import Mapping
from types import MappingProxyType

from saas.branding.brand import Brand
from saas.catalogue.current import catalogue

PLATFORM = "platform"

THEMES: Mapping[str, Brand] = MappingProxyType(
    {
        PLATFORM: Brand("#0a7350"),
        "automotive": Brand("#33383d", "#c8102e", radius="small"),
        "healthcare": Brand("#15803d", "#2563b0", radius="large"),
        "finance": Brand("#1d4480", "#2e7d4f", radius="small"),
        "retail": Brand("#d0253f", "#7b3fa0", radius="large"),
        "manufacturing": Brand("#4b5563", "#3f7d3a", radius="none"),
    }
)
"""Ours; a catalogue that has a brand or themes of its own has them instead."""


def platform_brand() -> Brand:
    """How the product looks until an organisation has a brand of its own."""
    own = catalogue().brand
    return Brand(own.primary, own.accent or "") if own else THEMES[PLATFORM]


def offered_themes() -> dict[str, Brand]:
    """What organisations can begin with, the platform's own first."""
    sold = catalogue().themes
    ours = {name: theme for name, theme in THEMES.items() if name != PLATFORM}
    return {
        PLATFORM: platform_brand(),
        **({name: _shaped(name, one.primary, one.accent) for name, one in sold.items()} or ours),
    }


def theme_label(name: str) -> str:
    """What a theme is called; the platform's has a name that does not name the platform, as a white label may not."""
    if name == PLATFORM:
        return "Standard"
    sold = catalogue().themes.get(name)
    return sold.label if sold else name.capitalize()


def _shaped(name: str, primary: str, accent: str) -> Brand:
    """A catalogue's colours, in the shape that we give to this industry."""
    return Brand(primary, accent, radius=THEMES[name].radius if name in THEMES else "medium")
