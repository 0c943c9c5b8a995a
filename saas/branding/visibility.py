"""Whether a picture can be made out where it is worn, and what to do where it cannot. Nothing is asked of the database."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from saas.branding.changes import LABELS
from saas.branding.colours import Colour, contrast, parse
from saas.branding.compiler import WHITE, Theme
from saas.branding.identity import Identity
from saas.branding.models import BrandPicture

LEAST = 3.0
"""The contrast at which a mark can be told from what is around it: WCAG 2.2, success criterion 1.4.11, asks for it of graphics."""

SHARE = 0.03
"""A logo is seen when at least this much of it has that contrast: thin words on a ground of their own cover no more."""


NOT_SQUARE = "Browser tabs show a square; this one stands small in it. Upload one that is as wide as it is high."
SQUARE = 1.25
"""The longer side of an icon by its shorter, up to which it fills the square of a tab well enough."""


class PictureWarning(NamedTuple):
    """What is wrong with a picture, and what to do."""

    trouble: str
    advice: str


def stands_out(picture: BrandPicture, ground: Colour) -> bool:
    """Whether enough of what is opaque in a picture differs from a ground."""
    seen = sum(share for hex, share in picture.colours if contrast(parse(hex), ground) >= LEAST)
    return bool(seen and seen >= SHARE * sum(share for _, share in picture.colours))


def is_pale(picture: BrandPicture | None) -> bool:
    """Whether a picture would vanish on white: where a plate is needed, it stands on a dark one."""
    return picture is not None and not stands_out(picture, WHITE)


def picture_warnings(
    identity: Identity, pictures: Mapping[str, BrandPicture], theme: Theme | None
) -> dict[str, PictureWarning]:
    """By field, the logos that hardly differ from the pages of this theme on which they are worn, and an icon that is far from
    square; pictures by id."""
    return dict(_warnings(identity, pictures, theme)) if theme else {}


def _warnings(
    identity: Identity, pictures: Mapping[str, BrandPicture], theme: Theme
) -> Iterator[tuple[str, PictureWarning]]:
    logo, logo_dark = pictures.get(identity.logo), pictures.get(identity.logo_dark)
    if logo and not stands_out(logo, parse(theme.light["background"])):
        rest = "" if logo_dark else f", and this one as the {LABELS['logo_dark'].lower()}"
        yield "logo", PictureWarning(_trouble("light"), f"{_plate(logo)}Upload a darker one here{rest}.")
    if logo_dark and not stands_out(logo_dark, parse(theme.dark["background"])):
        yield (
            "logo_dark",
            PictureWarning(
                _trouble("dark"), "Upload a lighter one here, or remove it: the logo then stands on a plate."
            ),
        )
    icon = pictures.get(identity.icon)
    if icon and max(icon.width, icon.height) > SQUARE * min(icon.width, icon.height):
        yield "icon", PictureWarning("This icon is far from square", NOT_SQUARE)


def _trouble(mode: str) -> str:
    return f"This logo hardly stands out from {mode} pages"


def _plate(logo: BrandPicture) -> str:
    return "There it stands on a dark plate, and invoices show a name instead. " if is_pale(logo) else ""
