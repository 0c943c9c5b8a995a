"""What differs between two identities, in the words of the brand page."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from saas.branding.identity import PICTURES, Identity
from saas.branding.report import called_single
from saas.branding.themes import theme_label

LABELS = MappingProxyType(
    {
        "theme": "Theme",
        "primary": "Primary colour",
        "secondary": "Second colour",
        "font": "Font",
        "radius": "Corners",
        "level": "Contrast",
        "overrides": "Single colours",
        "name": "Company name",
        "logo": "Logo",
        "logo_dark": "Logo for dark pages",
        "icon": "Icon",
        "footer": "Footer",
        "terms": "Terms",
        "privacy": "Privacy",
        "imprint": "Legal notice",
        "bare": "Hide the platform's name",
        "custom_css": "Own CSS",
    }
)
CORNERS: Mapping[str, str] = MappingProxyType(
    {"none": "Square", "small": "Slightly round", "medium": "Round", "large": "Very round"}
)
LEVELS: Mapping[str, str] = MappingProxyType({"AA": "Readable (WCAG AA)", "AAA": "Most readable (WCAG AAA)"})


class Change(NamedTuple):
    """A field that differs: its name, its label, its former and its new value as people read them; pictures are ids."""

    name: str
    label: str
    before: str
    after: str


def differences(before: Identity, after: Identity) -> Sequence[Change]:
    """Each field that differs, in the order of the page."""
    pairs = ((name, _told(name, getattr(before, name)), _told(name, getattr(after, name))) for name in LABELS)
    return [Change(name, LABELS[name], old, new) for name, old, new in pairs if old != new]


def named_pictures(changes: Iterable[Change]) -> list[str]:
    """The ids of all pictures in some changes."""
    return [id for one in changes if one.name in PICTURES for id in (one.before, one.after) if id]


_CHOICES = {"radius": CORNERS, "level": LEVELS}


def _told(name: str, value: Any) -> str:
    if name == "theme":
        return theme_label(value) if value else "Own colours"
    if name in _CHOICES:
        return _CHOICES[name].get(value, value)
    if name == "overrides":
        return "; ".join(f"{called_single(token)}: {colour}" for token, colour in sorted(value.items()))
    if name == "custom_css":
        return f"{len(value.splitlines())} lines, {len(value)} characters" if value else ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
