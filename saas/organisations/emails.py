"""Mail about an organisation."""

from collections.abc import Iterable
from datetime import datetime

from babel.dates import format_date

from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime


def send_closed(addresses: Iterable[str], *, name: str, closed_by: str, purged_on: datetime) -> None:
    """Tell the owners that the organisation was closed and until when it can be brought back.

    Needs the platform's rights: mail of a closed organisation is not sent.
    """
    day = format_date(purged_on, "long", locale="en_GB")
    for address in addresses:
        mail = render_mail("organisation_closed", to=address, called=name, closed_by=closed_by, purged_on=day)
        runtime().postbox.enqueue(mail)
