"""``python -m saas.sandbox.stripe``: the same as ``saas sandbox stripe``, without what other commands need."""

from saas.sandbox.stripe.cli import stripe

if __name__ == "__main__":
    stripe(prog_name="saas sandbox stripe")
