"""Mail about an organisation."""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.tenancy.locales import day_in
from saas.tenancy.models import Tenant


def send_closed(addresses: Iterable[str], *, tenant: Tenant, closed_by: str) -> None:
    """Tell the owners that the organisation was closed just now and until when it can be brought back.

    Needs the platform's rights: mail of a closed organisation is not sent.
    """
    purged_on = (tenant.status_at + timedelta(days=settings().purge_days)).astimezone(ZoneInfo(tenant.time_zone))
    day = day_in(tenant.language, purged_on, "long")
    for address in addresses:
        mail = render_mail("organisation_closed", to=address, called=tenant.name, closed_by=closed_by, purged_on=day)
        runtime().postbox.enqueue(mail)
