"""Colours: sRGB, OKLab and OKLCH, contrast, and how colours look to people with a colour vision deficiency.

Sources: OKLab by Björn Ottosson, "A perceptual color space for image processing" (2020, matrices as revised in 2021);
relative luminance and contrast ratio by WCAG 2.2; deficiencies by Machado, Oliveira and Fernandes, "A Physiologically-based
Model for Simulation of Color Vision Deficiency" (2009), severity 1.0, on linear light.
"""

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from saas.core.errors import Invalid

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]

HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)
RGB_TO_LMS: Matrix = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
LMS_TO_LAB: Matrix = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
LAB_TO_LMS: Matrix = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
LMS_TO_RGB: Matrix = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
DEFICIENCIES: dict[str, Matrix] = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@dataclass(frozen=True)
class Colour:
    """A colour of sRGB by its linear light, each channel 0…1."""

    linear: Triple

    @cached_property
    def hex(self) -> str:
        """``#rrggbb`` in lower case."""
        return "#" + "".join(f"{round(_encoded(channel) * 255):02x}" for channel in self.linear)

    @cached_property
    def oklab(self) -> Triple:
        """Lightness 0…1, green to red, blue to yellow."""
        return linear_to_oklab(self.linear)

    @cached_property
    def oklch(self) -> Triple:
        """Lightness 0…1, chroma from 0, hue in degrees."""
        lightness, a, b = self.oklab
        return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360

    @cached_property
    def luminance(self) -> float:
        """Relative luminance of WCAG, 0…1."""
        red, green, blue = self.linear
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _product(matrix: Matrix, vector: Triple) -> Triple:
    x, y, z = vector
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def _encoded(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _decoded(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _clipped(linear: Triple) -> Colour:
    red, green, blue = linear
    return Colour((min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue))))


def linear_to_oklab(linear: Triple) -> Triple:
    """OKLab of linear sRGB."""
    long, medium, short = _product(RGB_TO_LMS, linear)
    return _product(LMS_TO_LAB, (math.cbrt(long), math.cbrt(medium), math.cbrt(short)))


def oklab_to_linear(lab: Triple) -> Triple:
    """Linear sRGB of OKLab; outside 0…1 for what sRGB cannot show."""
    long, medium, short = _product(LAB_TO_LMS, lab)
    return _product(LMS_TO_RGB, (long**3, medium**3, short**3))


@lru_cache(maxsize=4096)
def _of_hex(digits: str) -> Colour:
    red, green, blue = (_decoded(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return Colour((red, green, blue))


def parse(text: str, field: str = "colour") -> Colour:
    """The colour written as ``#rgb`` or ``#rrggbb``, in any case, with or without ``#``; Invalid for anything else."""
    match = HEX.fullmatch(text.strip())
    if not match:
        raise Invalid("Write a colour as # and three or six digits from 0 to f, such as #0a7350.", field=field)
    digits = match[1].lower()
    return _of_hex(digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


_STEPS = tuple(_decoded(step / 255) for step in range(256))


def shown(colour: Colour) -> Colour:
    """The nearest colour that a screen can show: the one of the same ``hex``."""
    red, green, blue = colour.linear
    return Colour(
        (_STEPS[round(_encoded(red) * 255)], _STEPS[round(_encoded(green) * 255)], _STEPS[round(_encoded(blue) * 255)])
    )


def oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """The colour, or where sRGB has none so strong, the strongest of the same lightness and hue."""
    lightness = min(1.0, max(0.0, lightness))
    a, b = math.cos(math.radians(hue)), math.sin(math.radians(hue))
    linear = oklab_to_linear((lightness, chroma * a, chroma * b))
    if _shown(linear):
        return _clipped(linear)
    low, high = 0.0, chroma
    for _ in range(12):
        middle = (low + high) / 2
        if _shown(oklab_to_linear((lightness, middle * a, middle * b))):
            low = middle
        else:
            high = middle
    return _clipped(oklab_to_linear((lightness, low * a, low * b)))


def _shown(linear: Triple) -> bool:
    return all(-0.0001 <= channel <= 1.0001 for channel in linear)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of WCAG, 1…21."""
    low, high = sorted((one.luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)


def distance(one: Colour, other: Colour) -> float:
    """How different two colours look: the distance in OKLab; black and white are 1 apart."""
    return math.dist(one.oklab, other.oklab)


def mixed(one: Colour, percent: float, other: Colour) -> Colour:
    """What CSS makes of ``color-mix(in oklab, one percent%, other)``."""
    share = percent / 100
    (l1, a1, b1), (l2, a2, b2) = one.oklab, other.oklab
    rest = 1 - share
    return _clipped(oklab_to_linear((share * l1 + rest * l2, share * a1 + rest * a2, share * b1 + rest * b2)))


def laid_over(one: Colour, percent: float, ground: Colour) -> Colour:
    """What a browser shows where a colour of that opacity lies over a ground."""
    share = percent / 100
    red, green, blue = (
        _decoded(share * _encoded(top) + (1 - share) * _encoded(below))
        for top, below in zip(one.linear, ground.linear, strict=True)
    )
    return Colour((red, green, blue))


def seen_with(deficiency: str, colour: Colour) -> Colour:
    """How the colour looks to a person with one of DEFICIENCIES."""
    return _clipped(_product(DEFICIENCIES[deficiency], colour.linear))
