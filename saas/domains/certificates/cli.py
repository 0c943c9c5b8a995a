"""Certificates from the command line: ``saas certificates …``."""

import click
from flask.cli import AppGroup

from saas.core.console import say, table
from saas.core.runtime import settings
from saas.domains.certificates.operations import request_certificate
from saas.domains.certificates.queries import list_certificates
from saas.domains.queries import find_holder
from saas.tenancy.scope import platform_scope, platform_work

group = AppGroup("certificates", help="Certificates of custom domains: how they stand, and having one renewed.")
HEAD = ("HOST", "STATUS", "EXPIRES", "NEXT STEP", "FAILURES", "REASON")


@group.command("list")
def list_() -> None:
    """Every certificate that we have or want, by host; times in UTC."""
    with platform_scope():
        rows = list_certificates()
    if not rows:
        say(f"There are no certificates. CERTIFICATES is {settings().certificates}.")
        return
    lines = []
    for row in rows:
        until = f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else "–"
        lines.append((row.host, row.status, until, f"{row.next_try_at:%Y-%m-%d %H:%M}", str(row.attempts), row.reason))
    say(table(HEAD, lines))


@group.command("renew")
@click.argument("host")
def renew(host: str) -> None:
    """Have the certificate of a verified HOST ordered now; soon after a failure, as soon as the authority allows."""
    if settings().certificates != "acme":
        raise click.ClickException(f"Certificates are not ours to get: CERTIFICATES is {settings().certificates}.")
    with platform_work():
        if find_holder(host) is None:
            raise click.ClickException(f"{host} is no verified domain.")
        request_certificate(host)
    say(f"The worker orders a certificate for {host}. See how it goes with: saas certificates list")
