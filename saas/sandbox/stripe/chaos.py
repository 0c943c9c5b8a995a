"""Trouble on the way of webhooks, by a seed: duplicates, another order, delays, a first attempt that is lost."""

import random
from dataclasses import asdict, dataclass
from typing import Any

from saas.sandbox.stripe.store import Store

NOTE = "chaos"


@dataclass(frozen=True, slots=True)
class Chaos:
    """How likely each trouble is, 0 to 1: `delay` up to `longest_delay` seconds, `reorder` by up to `distance` places."""

    seed: int = 0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    drop: float = 0.0
    longest_delay: int = 120
    distance: int = 10


@dataclass(frozen=True, slots=True)
class Dice:
    """What befalls one delivery: how many copies, seconds of delay, places of shift, whether the first attempt is lost."""

    copies: int = 1
    delay: int = 0
    shift: float = 0.0
    drop: bool = False


CALM = Chaos()
WILD = Chaos(seed=1, duplicate=0.3, reorder=0.5, delay=0.2, drop=0.2)
"""What the switch of the control page turns on."""


def set_chaos(store: Store, chaos: Chaos) -> None:
    """From now on, deliveries meet this trouble."""
    with store.lock:
        note = store.note(NOTE)
        note.clear()
        note.update(asdict(chaos), thrown=0)


def get_chaos(store: Store) -> Chaos:
    """The trouble that deliveries meet."""
    values: dict[str, Any] = {name: it for name, it in store.note(NOTE).items() if name != "thrown"}
    return Chaos(**values)


def dice(store: Store) -> Dice:
    """What befalls the next delivery; the same seed gives the same row of throws."""
    chaos, note = get_chaos(store), store.note(NOTE)
    if chaos == CALM:
        return Dice()
    note["thrown"] += 1
    chance = random.Random(f"{chaos.seed}:{note['thrown']}")  # noqa: S311 - nothing is kept secret by it
    throws = [chance.random() for _ in range(4)]
    delay, shift = chance.randint(1, chaos.longest_delay), chance.uniform(-chaos.distance, chaos.distance)
    return Dice(
        copies=2 if throws[0] < chaos.duplicate else 1,
        shift=shift if throws[1] < chaos.reorder else 0.0,
        delay=delay if throws[2] < chaos.delay else 0,
        drop=throws[3] < chaos.drop,
    )
