"""Mail about a person's account. Each message goes to one address and leads to the organisation's own host."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from saas.accounts.devices import device_of
from saas.accounts.models import User
from saas.accounts.queries import Letterhead, get_letterhead
from saas.core.clock import now
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.tenancy.locales import day_in, time_in
from saas.tenancy.names import is_linklike


def send_verify_address(user: User, token: str) -> None:
    """The link that proves the person's address; also the first mail they get from us."""
    _send("verify_address", user, link=f"/verify/{token}")


def send_confirm_new_address(user: User, address: str, token: str) -> None:
    """The link that proves an address which the person wants to use from now on; sent to that address."""
    _send("confirm_new_address", user, to=address, link=f"/confirm-email/{token}", address=address)


def send_reset_password(user: User, token: str) -> None:
    """The link with which the person chooses a new password."""
    _send("reset_password", user, link=f"/reset/{token}")


def send_password_changed(user: User) -> None:
    """That the password is another one now, and what to do if it was not them."""
    _send("password_changed", user, link="/forgot", at=now())


def send_address_changed(user: User, former: str) -> None:
    """To the former address: that it no longer opens the account."""
    _send("address_changed", user, to=former, link="/", address=user.email, former=former, at=now())


def send_new_device(user: User, *, agent: str, address: str) -> None:
    """That somebody signed in from a browser and network not seen before."""
    _send("new_device", user, link="/account/sessions", device=device_of(agent).label, address=address, at=now())


def _send(message: str, user: User, *, link: str, to: str = "", at: datetime | None = None, **facts: Any) -> None:
    head = get_letterhead()
    mail = render_mail(
        message,
        to=to or user.email,
        organisation=head,
        support_address=head.support_address or settings().support_address,
        greeting=_greeting(user.name),
        link=settings().public_url(head.host, link),
        at=_written(at, head) if at else "",
        **facts,
    )
    runtime().postbox.enqueue(mail)


def _greeting(name: str) -> str:
    """A name is what anybody typed: one that mail programs would turn into a link is left out."""
    return "Hello," if is_linklike(name) else f"Hello {name},"


def _written(moment: datetime, head: Letterhead) -> str:
    local = moment.astimezone(ZoneInfo(head.time_zone))
    return f"{day_in(head.language, local, 'long')}, {time_in(head.language, local)} ({head.time_zone})"
