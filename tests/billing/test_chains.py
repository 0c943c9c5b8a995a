"""Quote = charge over chains of changes; ``make test-billing`` tries a thousand."""

from tests.billing.chains import run_chain
from tests.billing.conftest import Stripe
from tests.cast import Organisation

CHAINS = 6


def test_every_change_of_a_chain_is_charged_as_quoted(stripe_there: Stripe, acme: Organisation) -> None:
    assert [run_chain(stripe_there, acme, seed) for seed in range(CHAINS)] == [0] * CHAINS
