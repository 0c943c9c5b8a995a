"""The command ``saas sandbox stripe``: the sandbox by itself, e.g. beside a product that runs elsewhere."""

import os
from pathlib import Path

import click

from saas.sandbox.demo.ground import given_settings
from saas.sandbox.readiness import port_is_taken
from saas.sandbox.serving import wait_for_the_end
from saas.sandbox.stripe.courier import delivering
from saas.sandbox.stripe.endpoints import add_endpoint
from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.server import serving
from saas.sandbox.stripe.store import SELLER, Store

PORT = 12111
LIVE = ("sk_live_", "rk_live_")
KEYS = ("STRIPE_SECRET_KEY", "STRIPE_API_KEY")


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True, help="The port on 127.0.0.1.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep everything in this file.")
@click.option("--webhook-url", help="Send all events to this address.")
@click.option("--webhook-host", default="", help="Name this host in them, where the address is only the way to it.")
@click.option(
    "--webhook-secret",
    envvar="STRIPE_WEBHOOK_SECRET",
    help="Sign them with this secret (whsec_…), or with STRIPE_WEBHOOK_SECRET; made and told where none is given.",
)
@click.option("--seller", help="The name of who sells, as customers read it; the product's by default.")
def stripe(
    port: int,
    data: Path | None,
    webhook_url: str | None,
    webhook_host: str,
    webhook_secret: str | None,
    seller: str | None,
) -> None:
    """Answer as Stripe's API does, with simulated payments; Ctrl-C ends it."""
    given = given_settings()
    refuse_real_money(given.environment)
    if port_is_taken(port):
        raise click.ClickException(f"Port {port} is taken by another program.")
    store = Store(data, seller=seller or given.seller_name or given.product_name or SELLER)
    if webhook_url:
        _listen(store, webhook_url, webhook_host, webhook_secret)
    with serving(store, port) as running, delivering(store):
        click.echo(f"The Stripe sandbox answers at {running.url} (payments are simulated); Ctrl-C ends it.")
        wait_for_the_end()


def refuse_real_money(environment: str) -> None:
    """Raise ClickException in production, and beside a live key."""
    if environment == "production":
        raise click.ClickException("The Stripe sandbox is for development, and ENVIRONMENT says production.")
    for name in KEYS:
        if os.environ.get(name, "").startswith(LIVE):
            raise click.ClickException(f"The Stripe sandbox does not run beside a live key: {name} holds one.")


def _listen(store: Store, url: str, host: str, secret: str | None) -> None:
    """Send to this address; it takes the place of the one that was given at the last start."""
    found = store.find("webhook_endpoint", _given=True) or store.find("webhook_endpoint", url=url)
    if found:
        found[0] |= {"url": url, "_host": host, "_secret": secret or found[0]["_secret"], "_given": True}
        return
    try:
        made = add_endpoint(store, url, ["*"], secret or new_id("whsec"))
    except Fault as fault:
        raise click.UsageError(str(fault)) from None
    made |= {"_host": host, "_given": True}
    if secret is None:
        click.echo(f"Webhooks are signed with {made['_secret']}")
