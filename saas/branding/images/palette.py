"""The colours of a brand, guessed from those of its logo."""

from collections.abc import Sequence
from dataclasses import dataclass

from saas.branding.colours import Colour, distance, parse

NEAR = 0.09
"""Colours nearer than this in OKLab are shades of one."""

APART = 0.18
"""A second colour is at least this far from the first."""

COLOURFUL = 0.045
"""Less chroma than this in OKLCH is a grey to most eyes."""

SHARE, TINT_SHARE = 0.02, 0.08
"""A second colour covers at least this much of what is not white, black or grey; one of the same hue at least the other."""

SAME_HUE = 25
"""Degrees of hue within which a colour may be nothing but the edge of another on white."""


@dataclass
class _Heap:
    colour: Colour
    share: float

    @property
    def is_colourful(self) -> bool:
        lightness, chroma, _ = self.colour.oklch
        return chroma >= COLOURFUL and 0.1 < lightness < 0.985


def suggest(colours: Sequence[tuple[str, float]]) -> tuple[str, str]:
    """The primary and the secondary colour as ``#rrggbb``, from colours with their shares; the secondary is empty when
    no other is clearly different, both are empty when there are no colours at all.

    White, black and grey are left aside unless there is nothing else; of them the darkest that covers a tenth is taken.
    """
    heaps = _heaps(colours)
    colourful = [heap for heap in heaps if heap.is_colourful]
    if not colourful:
        return (_grey(heaps), "")
    first = colourful[0]
    covered = sum(heap.share for heap in colourful)
    second = next((heap for heap in colourful[1:] if _is_second(heap, first, covered)), None)
    return first.colour.hex, second.colour.hex if second else ""


def _heaps(colours: Sequence[tuple[str, float]]) -> list[_Heap]:
    """The colours with their near ones, under the one of each that covers most, the largest first."""
    heaps: list[_Heap] = []
    for text, share in sorted(colours, key=lambda pair: (-pair[1], pair[0])):
        colour = parse(text)
        near = [heap for heap in heaps if distance(heap.colour, colour) < NEAR]
        if near:
            min(near, key=lambda heap: distance(heap.colour, colour)).share += share
        else:
            heaps.append(_Heap(colour, share))
    return sorted(heaps, key=lambda heap: (-heap.share, heap.colour.hex))


def _grey(heaps: Sequence[_Heap]) -> str:
    seen = [heap for heap in heaps if heap.share >= 0.1] or heaps[:1]
    return min(seen, key=lambda heap: heap.colour.luminance).colour.hex if seen else ""


def _is_second(heap: _Heap, first: _Heap, covered: float) -> bool:
    turn = abs(heap.colour.oklch[2] - first.colour.oklch[2]) % 360
    least = TINT_SHARE if min(turn, 360 - turn) < SAME_HUE else SHARE
    return heap.share >= least * covered and distance(heap.colour, first.colour) >= APART
