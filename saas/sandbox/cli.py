"""The commands ``saas sandbox …``: each stand-in by itself, e.g. beside a product that runs elsewhere."""

import click

from saas.sandbox.dns.cli import dns
from saas.sandbox.stripe.cli import stripe


@click.group()
def sandbox() -> None:
    """Stand-ins for the outside world, for development."""


sandbox.add_command(dns)
sandbox.add_command(stripe)
