"""What the demo says when it is ready."""

from collections.abc import Iterator

import click

from saas.core.settings import Settings
from saas.sandbox.demo.people import ORGANISATIONS, PASSWORD

WIDTH = 78


def banner(settings: Settings, *, database: str) -> str:
    """Addresses and logins, and the owner's address of the database."""
    return "\n".join(_lines(settings, database))


def _lines(settings: Settings, database: str) -> Iterator[str]:
    yield click.style("─" * WIDTH, dim=True)
    yield click.style(f"  {settings.product_name} is ready", bold=True)
    yield ""
    addresses = list(_addresses(settings))
    width = max(len(url) for _, url, _ in addresses)
    for name, url, who in addresses:
        yield f"  {name:<22} {click.style(url, fg='cyan')}{' ' * (width - len(url))}   {who}".rstrip()
    yield ""
    yield f"  Everybody's password   {click.style(PASSWORD, bold=True)}"
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
