"""Mail of the public site."""

from collections.abc import Sequence

from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime


def send_organisations(to: str, organisations: Sequence[tuple[str, str]]) -> None:
    """Mail the organisations, as pairs of name and address, in which somebody has an account."""
    runtime().postbox.enqueue(render_mail("your_organisations", to=to, organisations=organisations))
