"""The command ``saas sandbox dns``: the sandbox by itself, e.g. beside a product that runs elsewhere."""

from pathlib import Path

import click

from saas.sandbox.demo.ground import given_settings
from saas.sandbox.dns.pages import create_pages
from saas.sandbox.dns.server import AGES, answering
from saas.sandbox.dns.zones import Zones
from saas.sandbox.serving import serving_app, wait_for_the_end

PORT, WEB_PORT = 5310, 5380
_PORT = click.IntRange(1, 65_535)


@click.command()
@click.option(
    "--port",
    "ports",
    type=_PORT,
    multiple=True,
    help=f"A port on 127.0.0.1 for each of the {len(AGES)} resolvers; {PORT} and those after it by default.",
)
@click.option("--web-port", type=_PORT, default=WEB_PORT, show_default=True, help="The port of its page.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep the zones in this file.")
@click.option("--target", help="The host that is known to be this machine; CUSTOM_DOMAIN_TARGET by default.")
def dns(ports: tuple[int, ...], web_port: int, data: Path | None, target: str | None) -> None:
    """Answer as the DNS of the world does, for domains that nobody owns; Ctrl-C ends it."""
    given = given_settings()
    if given.environment == "production":
        raise click.ClickException("The DNS sandbox is for development, and ENVIRONMENT says production.")
    if ports and len(ports) != len(AGES):
        raise click.UsageError(f"Give --port {len(AGES)} times, or not at all.")
    zones = Zones(data, {target or given.domain_target: ["127.0.0.1", "::1"]})
    try:
        with (
            answering(zones, ports or range(PORT, PORT + len(AGES))) as running,
            serving_app(create_pages(running), web_port) as url,
        ):
            click.echo(f"The DNS sandbox answers at {','.join(running.addresses)}; its zones are edited at {url}/")
            wait_for_the_end()
    except OSError as error:
        raise click.ClickException(f"A port is taken by another program ({error.strerror}).") from None
