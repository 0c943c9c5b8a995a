"""What the demo says when it is ready."""

from collections.abc import Iterator

import click

from saas.core.settings import Settings
from saas.sandbox.demo.people import ORGANISATIONS, PASSWORD
from saas.sandbox.demo.selling import CODE, WORTH

WIDTH = 78
CARDS = {
    "4242 4242 4242 4242": "pays",
    "4000 0000 0000 0002": "is declined",
    "4000 0000 0000 0341": "is accepted, and fails later",
    "4000 0025 0000 3155": "asks its holder first",
}


def banner(settings: Settings, *, database: str, payments: str = "", names: str = "") -> str:
    """Addresses and logins, the owner's address of the database, and the addresses of simulated ``payments`` and ``names``."""
    return "\n".join(_lines(settings, database, payments, names))


def _lines(settings: Settings, database: str, payments: str, names: str) -> Iterator[str]:
    yield click.style("─" * WIDTH, dim=True)
    yield click.style(f"  {settings.product_name} is ready", bold=True)
    yield ""
    addresses = list(_addresses(settings))
    if payments:
        addresses.append(("Payments, simulated", f"{payments}/", "time, messages, invoices"))
    if names:
        addresses.append(("DNS, simulated", f"{names}/", "records of domains"))
    width = max(len(url) for _, url, _ in addresses)
    for name, url, who in addresses:
        yield f"  {name:<22} {click.style(url, fg='cyan')}{' ' * (width - len(url))}   {who}".rstrip()
    yield ""
    yield f"  Everybody's password   {click.style(PASSWORD, bold=True)}"
    if payments:
        for number, (card, what) in enumerate(CARDS.items()):
            yield f"  {'' if number else 'Test cards':<22} {card}   {what}"
        yield f"  {'Promotion code':<22} {CODE:<19}   {WORTH}"
    yield f"  The database           psql '{database}'"
    yield "  Ctrl-C ends everything; `make reset` begins anew."
    yield click.style("─" * WIDTH, dim=True)


def _addresses(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """What is there, where, and who signs in."""
    base = settings.base_domain
    yield "Public site", settings.public_url(base), ""
    for organisation in reversed(ORGANISATIONS):
        remark = " (suspended)" if organisation.suspended else ""
        url = settings.public_url(f"{organisation.slug}.{base}")
        yield organisation.name, url, organisation.people[0].email + remark
    yield "Mail that was sent", settings.public_url(f"mail.{base}"), ""
