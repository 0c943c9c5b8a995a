"""An organisation's identity: all that its brand page sets. Pure: nothing here knows the database."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from saas.branding.brand import Brand, problems
from saas.branding.themes import PLATFORM, THEMES, offered_themes
from saas.core.addresses import canonical_email
from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.tenancy.names import clean_public_name, has_control_characters, is_linklike

LINKS = MappingProxyType({"terms": "Terms", "privacy": "Privacy", "imprint": "Legal notice"})
"""The legal links by field, with the words for them."""

LONGEST_FOOTER = 300
LONGEST_URL = 500
PICTURES = ("logo", "logo_dark", "icon")
LOOKS = ("primary", "secondary", "font", "radius", "level", "overrides")
"""What the style sheet is made of."""
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """A brand with what goes along with it, in the order of the page. Colours are as in ``Brand``, pictures are ids."""

    theme: str = PLATFORM
    primary: str = THEMES[PLATFORM].primary
    secondary: str = ""
    font: str = "Inter"
    radius: str = "medium"
    level: str = "AA"
    overrides: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    logo: str = ""
    logo_dark: str = ""
    icon: str = ""
    footer: str = ""
    terms: str = ""
    privacy: str = ""
    imprint: str = ""
    bare: bool = False
    custom_css: str = ""

    @classmethod
    def plain(cls) -> Self:
        """That of an organisation which has set nothing."""
        return cls().with_theme(PLATFORM)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """As stored; what is unknown is left out."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def stored(self) -> dict[str, Any]:
        """What is kept of it."""
        return {**asdict(self), "overrides": dict(self.overrides)}

    @property
    def brand(self) -> Brand:
        """What its style sheet is made of; raises Invalid."""
        return Brand(**{name: getattr(self, name) for name in LOOKS})

    @property
    def is_plain(self) -> bool:
        """Whether its pages have the platform's own colours, font and shape: then they need no style sheet."""
        return self.brand == offered_themes()[PLATFORM]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Labels and addresses of the legal links that are set."""
        return tuple((label, url) for name, label in LINKS.items() if (url := getattr(self, name)))

    def with_theme(self, theme: str) -> Self:
        """The same with the colours, font and shape of a theme; raises KeyError for an unknown one."""
        chosen = offered_themes()[theme]
        return replace(self, theme=theme, **{name: getattr(chosen, name) for name in LOOKS})


def checked(identity: Identity) -> Identity:
    """The identity with each text in its proper form; raises Faulty with every problem."""
    found = dict(faults(identity))
    if found:
        raise Faulty(found)
    brand = identity.brand
    return replace(
        identity,
        **{name: getattr(brand, name) for name in LOOKS},
        theme=_theme_of(brand),
        name=clean_public_name(identity.name, field="name") if identity.name.strip() else "",
        footer=" ".join(identity.footer.split()),
        custom_css=identity.custom_css if identity.custom_css.strip() else "",
    )


def rebased(typed: Identity, begun: Identity, present: Identity) -> Identity:
    """What holds now with what was changed in an identity since the one that it was begun from."""
    touched = {one.name: getattr(typed, one.name) for one in fields(typed) if one.name != "overrides"}
    touched = {name: value for name, value in touched.items() if value != getattr(begun, name)}
    names = {*begun.overrides, *typed.overrides, *present.overrides}
    sources = {name: typed if typed.overrides.get(name) != begun.overrides.get(name) else present for name in names}
    overrides = {name: one.overrides[name] for name, one in sources.items() if name in one.overrides}
    return replace(present, **touched, overrides=overrides)


class Faulty(Invalid):
    """An identity that cannot be: ``faults`` has a sentence by field; the message is the first."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        name, sentence = next(iter(faults.items()))
        super().__init__(sentence, field=name)
        self.faults = faults


def faults(identity: Identity) -> Iterator[tuple[str, str]]:
    """A sentence for each field that is not right; whether pictures are there and CSS is allowed is for others to say."""
    yield from problems(**{name: getattr(identity, name) for name in LOOKS}).items()
    checks = {
        "name": _check_name,
        "footer": _check_footer,
        **dict.fromkeys(LINKS, _check_url),
    }
    for name, check in checks.items():
        try:
            check(getattr(identity, name))
        except Invalid as error:
            yield name, error.message


def _theme_of(brand: Brand) -> str:
    """The theme whose colours, font and shape these are; empty for none."""
    return next((name for name, theme in offered_themes().items() if theme == brand), "")


def _check_name(name: str) -> None:
    if not name.strip():
        return
    clean_public_name(name, field="name")
    if settings().product_name.casefold() in name.casefold():
        raise Invalid(f"A name cannot hold {settings().product_name}: mail in it would seem to be ours.", field="name")


def _check_footer(footer: str) -> None:
    if len(footer) > LONGEST_FOOTER:
        raise Invalid(f"Use at most {LONGEST_FOOTER} characters.", field="footer")
    if has_control_characters(footer, lines=True):
        raise Invalid("This holds characters that cannot be shown.", field="footer")
    if is_linklike(footer):
        raise Invalid("Put addresses of pages into the links; the footer is text.", field="footer")


def checked_address(address: str) -> str:
    """An e-mail address in its proper form, or nothing; raises Invalid."""
    return canonical_email(address, field="support_address") if address.strip() else ""


def _check_url(url: str) -> None:
    if not url:
        return
    if len(url) > LONGEST_URL or has_control_characters(url) or " " in url:
        raise Invalid("This is no address of a page.", field="url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("This is no address of a page.", field="url") from None
    if parts.scheme != "https":
        raise Invalid("Begin the address with https://.", field="url")
    if not _HOST.fullmatch(parts.hostname or "") or parts.username is not None or port not in (None, 443):
        raise Invalid("This is no address of a page.", field="url")
