"""Quotes: whatever chain of changes came before, what is charged is what was quoted, to the cent."""

import random

import pytest

from saas.billing.operations.changing import change_subscription, quote_change
from saas.billing.operations.subscribing import Choice
from saas.core.actor import SYSTEM
from saas.core.errors import Conflict
from tests.billing.conftest import Stripe
from tests.billing.test_changing import charged, inside, mirror

CHOICES = [Choice("trial", "month"), Choice("pro", "month"), Choice("pro", "year")]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_quoted_is_charged_over_any_chain_of_changes(subscribed, stripe_there: Stripe, seed):
    rng = random.Random(seed)
    acme = subscribed(*[("trial",), ("pro",)][seed % 2])
    changes = 0
    for _ in range(6):
        stripe_there.advance(rng.choice([0.01, 1, 9.7, 17, 33]))
        stripe_there.bring()
        choice, before = rng.choice(CHOICES), sum(charged(acme))
        if (mirror(acme).plan, mirror(acme).cycle) == (choice.plan, choice.cycle):
            with pytest.raises(Conflict, match="have already"):
                inside(acme, lambda choice=choice: quote_change(choice, actor=SYSTEM))
            continue
        quote = inside(acme, lambda choice=choice: quote_change(choice, actor=SYSTEM))
        asked = {"moment": quote.moment, "due": quote.due, "actor": SYSTEM}
        inside(acme, lambda choice=choice, asked=asked: change_subscription(choice, **asked))
        stripe_there.bring()
        assert sum(charged(acme)) - before == (0 if quote.at_end else quote.due)
        changes += 1
    assert changes
