"""What an encoder does while a stream is on air, simulated: pure functions of a stream's settings and a seed. Nothing is sent.

A real product would put its encoder here and keep everything around it. A gigabyte has 1 000 000 000 bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

_KILOBITS_IN_GIGABYTE = 8_000_000


@dataclass(frozen=True, slots=True)
class Quality:
    """How a stream looks, and what it takes: ``kilobits`` in each second, for each viewer."""

    label: str
    kilobits: int


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a stream can go; from the least to the most viewers it is simulated to have there."""

    label: str
    icon: str
    least: int
    most: int


QUALITIES: Mapping[str, Quality] = {
    "480p": Quality("480p, for slow connections", 1_000),
    "720p": Quality("720p, for talks and screens", 2_500),
    "1080p": Quality("1080p, for stages", 4_500),
}
CHANNELS: Mapping[str, Channel] = {
    "youtube": Channel("YouTube", "brand-youtube", 4, 14),
    "twitch": Channel("Twitch", "brand-twitch", 3, 10),
    "linkedin": Channel("LinkedIn", "brand-linkedin", 1, 6),
    "page": Channel("Your own page", "world", 2, 8),
}


def audience(channels: Iterable[str], *, seed: str) -> dict[str, int]:
    """How many watch on each channel on average; the same channel and seed always give the same."""
    return {name: _viewers(CHANNELS[name], f"{seed}/{name}") for name in CHANNELS if name in set(channels)}


def _viewers(channel: Channel, seed: str) -> int:
    return Random(seed).randint(channel.least, channel.most)  # noqa: S311 (nothing secret comes of it)


def gigabytes(quality: str, seconds: int, *, copies: int = 1) -> Decimal:
    """What so many seconds take up, sent or kept so many times; exact."""
    return Decimal(QUALITIES[quality].kilobits * seconds * copies) / _KILOBITS_IN_GIGABYTE


def hours(seconds: int) -> Decimal:
    """Seconds as hours, exact to much less than a second."""
    return (Decimal(seconds) / 3600).quantize(Decimal("0.000000001"))
