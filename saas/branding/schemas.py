"""What programs send and are told about a brand. Each refusal names the field as they know it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from saas.branding.identity import Identity
from saas.core.errors import Invalid

NAMES = MappingProxyType(
    {
        "theme": "theme",
        "primary_color": "primary",
        "secondary_color": "secondary",
        "font": "font",
        "radius": "radius",
        "contrast": "level",
        "colors": "overrides",
        "company_name": "name",
        "logo": "logo",
        "logo_dark": "logo_dark",
        "icon": "icon",
        "footer": "footer",
        "terms_url": "terms",
        "privacy_url": "privacy",
        "imprint_url": "imprint",
        "remove_platform_branding": "bare",
        "custom_css": "custom_css",
    }
)
"""The fields of a brand as programs call them, and as an ``Identity`` does."""

BESIDES = ("support_address", "version")
"""What is sent and told along with them, and is no part of an ``Identity``."""
_THEIRS = {ours: theirs for theirs, ours in NAMES.items()}
_MOST_COLOURS = 50


def told(identity: Identity) -> dict[str, Any]:
    """The fields of a brand."""
    return {theirs: getattr(identity, ours) for theirs, ours in NAMES.items()}


def theirs(name: str) -> str:
    """A field of an identity as programs call it."""
    first, dot, rest = name.partition(".")
    return _THEIRS.get(first, first) + dot + rest


def read_identity(given: Mapping[str, Any], own: Identity, *, themes: frozenset[str]) -> Identity:
    """The identity with the fields that were sent in place of its own. A theme brings its colours, font and shape, and fields that
    are sent along stand above them. Raises Invalid."""
    if unknown := sorted(set(given) - set(NAMES)):
        raise Invalid(f"There is no such field. Send {', '.join((*NAMES, *BESIDES))}.", field=unknown[0][:40])
    if "theme" in given:
        if read_text("theme", given["theme"]) not in themes:
            raise Invalid(f"Choose one of {', '.join(sorted(themes))}.", field="theme")
        own = own.with_theme(given["theme"])
    values = {NAMES[name]: _read(name, value) for name, value in given.items() if name != "theme"}
    return replace(own, **values)


def _read(name: str, value: Any) -> Any:
    if name == "remove_platform_branding":
        return _checked(value, bool, "Send true or false.", name)
    if name == "colors":
        return _read_colours(_checked(value, dict, "Send an object such as {“light.link”: “#0a7350”}.", name))
    return read_text(name, value)


def read_text(name: str, value: Any) -> str:
    """A text that can be kept; nothing for null. Raises Invalid."""
    text: str = _checked("" if value is None else value, str, "Send a text.", name)
    if "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise Invalid("This holds characters that cannot be used here.", field=name)
    return text


def _read_colours(colours: dict[Any, Any]) -> dict[str, str]:
    if len(colours) > _MOST_COLOURS or not all(isinstance(part, str) for pair in colours.items() for part in pair):
        raise Invalid("Send names and colours as texts, fifty at most.", field="colors")
    return {name: colour for name, colour in colours.items() if colour}


def _checked(value: Any, kind: type, sentence: str, name: str) -> Any:
    if not isinstance(value, kind):
        raise Invalid(sentence, field=name)
    return value
