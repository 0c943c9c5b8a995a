"""Messages of Stripe in any order, more than once, with a worker that dies anywhere: the end is the same, nothing happens twice."""

import random

import pytest

from tests.billing.conftest import Stripe
from tests.billing.lives import Life, live
from tests.cast import Organisation

PERMUTATIONS = 30


@pytest.fixture
def life(stripe_there: Stripe, acme: Organisation) -> Life:
    return live(stripe_there, acme)


def test_any_order_ends_in_the_same_state_and_does_everything_once(life: Life):
    before = life.told()
    life.bring(random.Random(0), times=1, kills=False)
    known, told = life.known(), life.told() - before
    assert known["tenant"][0] == "pro"
    assert [one["status"] for one in known["invoices"]].count("paid") >= 3
    for seed in range(1, PERMUTATIONS + 1):
        life.forget()
        before = life.told()
        life.bring(random.Random(seed), times=3, kills=True)
        assert life.known() == known, seed
        assert life.told() - before == told, seed
