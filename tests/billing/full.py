"""A share of a thousand lives and a thousand chains, as ``python -m tests.billing`` spreads them over processes."""

import os

import pytest

from tests.billing.chains import run_chain
from tests.billing.conftest import Stripe
from tests.billing.lives import live, permute
from tests.cast import Organisation

NUMBER, OF, LIVES, CHAINS = map(int, os.environ.get("BILLING_SHARE", "0/1/1/1").split("/"))
"""Which share of how many, and how many lives and chains there are in all."""
STEP = 25


def _shares(count: int) -> list[range]:
    mine = range(1 + NUMBER, count + 1, OF)
    return [mine[first : first + STEP] for first in range(0, len(mine), STEP)]


def _tell(capsys: pytest.CaptureFixture[str], what: str, done: int, count: int, different: int) -> None:
    with capsys.disabled():
        print(f"{what} {done} {count} {different}", flush=True)


def test_lives(stripe_there: Stripe, acme: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    life, different, done = live(stripe_there, acme), 0, 0
    for seeds in _shares(LIVES):
        different += permute(life, seeds)
        done += len(seeds)
        _tell(capsys, "lives", done, LIVES, different)
    assert different == 0


def test_chains(stripe_there: Stripe, acme: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    different = done = 0
    for seeds in _shares(CHAINS):
        different += sum(run_chain(stripe_there, acme, seed) for seed in seeds)
        done += len(seeds)
        _tell(capsys, "chains", done, CHAINS, different)
    assert different == 0
