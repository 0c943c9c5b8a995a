"""Pictures, simulated: drawings made from a seed alone. Nothing of what was asked for stands in them. Pure.

A real product would ask its model here and keep everything around it.
"""

from collections.abc import Callable
from random import Random

from saas.modules.renders.kinds import Size

_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
_SKY = (
    '<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{above}"/>'
    '<stop offset="1" stop-color="{below}"/></linearGradient></defs><rect width="{width}" height="{height}" fill="url(#sky)"/>'
)


def draw(size: Size, *, seed: str) -> str:
    """A drawing as SVG; the same size and seed always give the same."""
    random = Random(seed)  # noqa: S311 (nothing secret comes of it)
    hue = random.randrange(360)
    above, below = _colour(hue, 55, random.randint(30, 60)), _colour(hue + random.randint(30, 90), 60, 82)
    measures = {"width": size.width, "height": size.height}
    parts = random.choice(DRAWINGS)(random, size, hue)
    return "".join((_HEAD.format(**measures), _SKY.format(above=above, below=below, **measures), *parts, "</svg>"))


def _colour(hue: int, saturation: int, lightness: int) -> str:
    return f"hsl({hue % 360},{saturation}%,{lightness}%)"


def _circle(x: float, y: float, radius: float, colour: str, opacity: float = 1) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{colour}" fill-opacity="{opacity}"/>'


def _hills(random: Random, size: Size, hue: int) -> list[str]:
    """A sun above three ranges of hills."""
    width, height = size.width, size.height
    sun = (random.uniform(0.2, 0.8) * width, random.uniform(0.2, 0.4) * height, min(width, height) * 0.11)
    made = [_circle(*sun, _colour(hue + 180, 80, 78))]
    for layer in range(3):
        base = height * (0.52 + 0.15 * layer)
        points = [(width * step / 4, base + random.uniform(-0.09, 0.09) * height) for step in range(5)]
        line = " ".join(f"S{x - width / 8:.0f},{y:.0f} {x:.0f},{y:.0f}" for x, y in points[1:])
        colour = _colour(hue + 12 * layer, 38, 46 - 13 * layer)
        made.append(f'<path d="M0,{points[0][1]:.0f} {line} V{height} H0 Z" fill="{colour}"/>')
    return made


def _moons(random: Random, size: Size, hue: int) -> list[str]:
    """Discs that lie over each other."""
    return [
        _circle(
            random.uniform(0.1, 0.9) * size.width,
            random.uniform(0.1, 0.9) * size.height,
            random.uniform(0.06, 0.3) * min(size.width, size.height),
            _colour(hue + random.randint(-40, 140), 65, random.randint(40, 75)),
            0.62,
        )
        for _ in range(11)
    ]


def _towers(random: Random, size: Size, hue: int) -> list[str]:
    """A town before the sky, seen from far."""
    made, count = [], 14
    for layer in range(2):
        for number in range(count):
            tall = random.uniform(0.16, 0.5 - 0.2 * layer) * size.height
            x, wide = size.width * number / count, size.width / count * random.uniform(0.7, 1.1)
            colour = _colour(hue + 20 * layer, 30, 42 - 18 * layer)
            made.append(
                f'<rect x="{x:.0f}" y="{size.height - tall:.0f}" width="{wide:.0f}" height="{tall:.0f}" fill="{colour}"/>'
            )
    return made


def draw_voice(*, seed: str) -> str:
    """The swell of a voice as SVG; the same seed always gives the same."""
    random, size, bars = Random(seed), Size("", 1200, 400), 60  # noqa: S311 (nothing secret comes of it)
    hue, each = random.randrange(360), size.width / bars
    made = [_HEAD.format(width=size.width, height=size.height)]
    made.append(f'<rect width="{size.width}" height="{size.height}" fill="{_colour(hue, 45, 90)}"/>')
    loud = 0.4
    for number in range(bars):
        loud = min(0.9, max(0.08, loud + random.uniform(-0.28, 0.28)))
        tall = loud * size.height * 0.7
        made.append(
            f'<rect x="{each * (number + 0.2):.0f}" y="{(size.height - tall) / 2:.0f}" width="{each * 0.6:.0f}"'
            f' height="{tall:.0f}" rx="{each * 0.3:.0f}" fill="{_colour(hue + number, 50, 45)}"/>'
        )
    return "".join((*made, "</svg>"))


DRAWINGS: tuple[Callable[[Random, Size, int], list[str]], ...] = (_hills, _moons, _towers)
