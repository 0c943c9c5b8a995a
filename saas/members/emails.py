"""Mail about people coming and going. Each message goes to one address and leads to the organisation's own host."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from saas.accounts.models import User
from saas.accounts.queries import Letterhead, get_letterhead
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.members.models import Invitation, JoinRequest
from saas.members.queries.audience import Reader
from saas.tenancy.locales import day_in
from saas.tenancy.names import is_linklike


def send_invitations(
    invited: Iterable[tuple[Invitation, str]], *, inviter: str, role: str, teams: Sequence[str]
) -> None:
    """The links, as pairs of invitation and token, by which people come in; ``teams`` are names, ``inviter`` may be empty."""
    head = get_letterhead()
    for invitation, token in invited:
        _send(
            "invitation",
            to=invitation.email,
            head=head,
            link=f"/invitation/{token}",
            inviter=_called(inviter),
            role=role,
            teams=[team for team in teams if not is_linklike(team)],
            message=invitation.message,
            until=_day(invitation.expires_at, head),
        )


def send_invitation_refused(reader: Reader, *, email: str, inviter: str, reason: str) -> None:
    """To those who may invite: that somebody could not come in, because of whom the invitation is from."""
    link = f"/people/invitations?q={email}"
    _send(
        "invitation_refused", to=reader.email, name=reader.name, link=link, email=email, inviter=inviter, reason=reason
    )


def send_join_link(request: JoinRequest, token: str) -> None:
    """The link that proves the address of somebody who wants to join."""
    _send("join_link", to=request.email, name=request.name, link=f"/join/{token}")


def send_join_known(user: User) -> None:
    """To somebody who wants to join and is here already: where to sign in."""
    _send("join_known", to=user.email, name=user.name, link="/sign-in")


def send_join_waiting(request: JoinRequest) -> None:
    """To somebody who asked again while their request waits."""
    _send("join_waiting", to=request.email, name=request.name, link="/sign-in")


def send_join_requests(reader: Reader, *, waiting: int) -> None:
    """To those who may let people in: how many wait."""
    _send("join_requests", to=reader.email, name=reader.name, link="/people/requests", waiting=waiting)


def send_join_approved(user: User) -> None:
    """To somebody who was let in."""
    _send("join_approved", to=user.email, name=user.name, link="/sign-in")


def send_join_declined(request: JoinRequest) -> None:
    """To somebody who was not let in."""
    _send("join_declined", to=request.email, name=request.name, link="/sign-in")


def send_ownership_offered(to: User, *, offered_by: User, stays: bool, expires_at: datetime) -> None:
    """To whom the ownership is offered: what it means, and until when they can accept."""
    head = get_letterhead()
    facts = {"offered_by": _called(offered_by.name) or "An owner", "stays": stays, "until": _day(expires_at, head)}
    _send("ownership_offered", to=to.email, name=to.name, link="/people/ownership", head=head, **facts)


def send_ownership_accepted(to: User, *, taken_by: User, stays: bool) -> None:
    """To who offered the ownership: that it was taken, and what they are now."""
    taker = _called(taken_by.name) or taken_by.email
    _send("ownership_accepted", to=to.email, name=to.name, link="/people/ownership", taker=taker, stays=stays)


def send_ownership_declined(to: User, *, declined_by: User) -> None:
    """To who offered the ownership: that it was declined."""
    taker = _called(declined_by.name) or declined_by.email
    _send("ownership_declined", to=to.email, name=to.name, link="/people/ownership", taker=taker)


def send_ownership_withdrawn(to: User) -> None:
    """To whom the ownership was offered: that the offer has ended, because of who made it."""
    _send("ownership_withdrawn", to=to.email, name=to.name, link="/people/ownership")


def _send(
    template: str, /, *, to: str, link: str, name: str = "", head: Letterhead | None = None, **facts: Any
) -> None:
    head = head or get_letterhead()
    mail = render_mail(
        template,
        to=to,
        organisation=head,
        support_address=head.support_address or settings().support_address,
        greeting=f"Hello {called}," if (called := _called(name)) else "Hello,",
        link=settings().public_url(head.host, link),
        **facts,
    )
    runtime().postbox.enqueue(mail)


def _called(name: str) -> str:
    """A name is what anybody typed: one that mail programs would turn into a link is left out."""
    return "" if is_linklike(name) else name


def _day(moment: datetime, head: Letterhead) -> str:
    return day_in(head.language, moment.astimezone(ZoneInfo(head.time_zone)), "long")
