"""A theme as the style sheet that a browser gets."""

import hashlib
from collections.abc import Mapping

from saas.branding.brand import FONTS, RADII, Brand
from saas.branding.compiler import Theme

COMPILER = "2"
"""Raise it when the same brand compiles to other colours: every brand then gets a new address."""

LIMIT = 8192
"""A style sheet is never longer, in bytes."""


def version(brand: Brand) -> str:
    """Sixteen hexadecimal digits that change when the brand or the compiler does, so the style sheet may be kept for a year."""
    return hashlib.sha256(f"{COMPILER}\n{brand.canonical}".encode()).hexdigest()[:16]


def css(brand: Brand, theme: Theme) -> str:
    """Sets tokens only, by the same selectors as ``tokens.css`` and in the layer after it."""
    light, dark = _lines(theme.light), _lines(theme.dark)
    return (
        "@layer brand {\n"
        f'  :root, [data-theme="light"] {{ {light} }}\n'
        f'  [data-theme="dark"] {{ {dark} }}\n'
        f'  @media (prefers-color-scheme: dark) {{ [data-theme="system"] {{ {dark} }} }}\n'
        f"  :root {{ {_lines(_shape(brand))} }}\n"
        "}\n"
    )


def _shape(brand: Brand) -> dict[str, str]:
    font = {"font-sans": FONTS[brand.font]} if FONTS[brand.font] else {}
    return {"radius": RADII[brand.radius], **font}


def _lines(tokens: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in tokens.items())
