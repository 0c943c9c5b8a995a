"""The platform's own look: what pages wear that belong to no organisation, or to one without a brand."""

from functools import lru_cache

from saas.branding.brand import Brand
from saas.branding.compiler import compile_brand
from saas.branding.css import css, version
from saas.branding.themes import PLATFORM, THEMES, platform_brand
from saas.core.look import LIGHT, PLAIN, PLATFORM_SHEET, Look


def platform_look() -> Look:
    """The look of the catalogue's brand; without one that of ``tokens.css``, which needs no style sheet."""
    return _look(platform_brand())


def platform_sheet(name: str) -> str | None:
    """The platform's style sheet, if this is its version now."""
    brand = platform_brand()
    return css(brand, compile_brand(brand)) if name == version(brand) else None


@lru_cache(maxsize=8)
def _look(brand: Brand) -> Look:
    if brand == THEMES[PLATFORM]:
        return PLAIN
    theme = compile_brand(brand)
    light, dark = ({name: tokens[name] for name in LIGHT} for tokens in (theme.light, theme.dark))
    return Look(styles=PLATFORM_SHEET + version(brand), light=light, dark=dark)
