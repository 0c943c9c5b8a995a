"""Messages of Stripe in any order, more than once, with a worker that dies anywhere: the end is the same, nothing happens twice."""

from tests.billing.conftest import Stripe
from tests.billing.lives import live, permute
from tests.cast import Organisation

PERMUTATIONS = 12
"""``make test-billing`` tries a thousand."""


def test_any_order_ends_in_the_same_state_and_does_everything_once(stripe_there: Stripe, acme: Organisation):
    assert permute(live(stripe_there, acme), range(1, PERMUTATIONS + 1)) == 0
