"""From an identity to what is kept for every page: the look, and the style sheets it names. Nothing is asked of the database."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from saas.branding.brand import SHIPPED
from saas.branding.compiler import Theme, compile_brand
from saas.branding.css import css, version
from saas.branding.identity import PICTURES, Identity
from saas.branding.models import BrandPicture
from saas.branding.visibility import is_pale
from saas.core.look import DARK, LIGHT, Look, Picture


@dataclass(frozen=True, slots=True)
class Made:
    """A look with its style sheet; without colours of its own it has none."""

    look: Look
    theme: Theme | None
    css: str


def make_look(identity: Identity, pictures: Mapping[str, BrandPicture], custom_css: str = "") -> Made:
    """The look of an identity whose pictures are these by id, and whose own CSS was cleaned to this."""
    brand = identity.brand
    theme = None if identity.is_plain else compile_brand(brand)
    logo, logo_dark, icon = (_picture(pictures.get(getattr(identity, name))) for name in PICTURES)
    look = Look(
        name=identity.name,
        styles=version(brand) if theme else "",
        custom=sheet_version(custom_css),
        logo=logo,
        logo_dark=logo_dark,
        icon=icon,
        light={name: theme.light[name] for name in LIGHT} if theme else LIGHT,
        dark={name: theme.dark[name] for name in DARK} if theme else DARK,
        font=identity.font if identity.font in SHIPPED else "",
        footer=identity.footer,
        links=identity.links,
        bare=identity.bare,
        pale=is_pale(pictures.get(identity.logo)),
    )
    return Made(look, theme, css(brand, theme) if theme else "")


def sheet_version(text: str) -> str:
    """Sixteen hexadecimal digits of a text; empty for an empty one."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def _picture(found: BrandPicture | None) -> Picture | None:
    return Picture(found.id, found.width, found.height) if found else None
