"""The page behind the link of an invitation: looking at it does nothing, its button accepts, or closes what is no longer good."""

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.accounts.queries import find_user
from saas.accounts.tokens import DeadLink
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.members import limits
from saas.members.forms.invitations import AcceptForm
from saas.members.models import Invitation
from saas.members.operations import acceptance as operations
from saas.members.operations.vouching import why_not
from saas.members.queries.choices import team_names
from saas.members.queries.domains import find_domain
from saas.members.queries.invitations import State, get_by_token, role_name, state_of
from saas.members.queries.people import teams_of
from saas.members.queries.seats import seats_for
from saas.members.routes.arrivals import dead_link, leave_session, page
from saas.web.access import public
from saas.web.arrivals import carry_session, unreferred
from saas.web.gates import TooMany
from saas.web.pages import redirect_with
from saas.web.unit import afterwards
from saas.web.visit import current_actor, visit

bp = Blueprint("invitation", __name__, subdomain="tenant", url_prefix="/invitation")

_DEAD = (
    "It may have been replaced by a newer one: look for the latest mail, or ask whoever invited you to send it again."
)
_CLOSED = {State.ACCEPTED: ("used", 410), State.EXPIRED: ("expired", 410), State.REVOKED: ("revoked", 410)}


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody sees who follows the link: a template's name and the status it is sent with."""

    name: str
    status: int = 200

    def refusing(self, status: int) -> "Screen":
        """The same in answer to a form that was not taken: ``status`` where the form itself is shown."""
        return Screen(self.name, status if self.name == "accept" else max(self.status, 403))


def _screen(invitation: Invitation) -> Screen:
    """What the invitation means for whoever looks at it now."""
    state = state_of(invitation)
    if state in _CLOSED:
        return Screen(*_CLOSED[state])
    if state is State.REFUSED or why_not(invitation):
        return Screen("refused", 403)
    return _screen_of_open(invitation)


def _screen_of_open(invitation: Invitation) -> Screen:
    account, user = visit().account, find_user(invitation.email)
    if account is not None and account.email != invitation.email:
        return Screen("wrong_account", 403)
    if user is not None and user.is_active:
        there = {place.team_id for place in teams_of([user.id]).get(user.id, [])}
        if not set(team_names(invitation.team_ids)) - there:
            return Screen("member", 409)
        return Screen("confirm" if account else "sign_in")
    seats = seats_for(invitation.role)
    return Screen("full", 409) if seats.limit is not None and seats.used >= seats.limit else Screen("accept")


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What one is invited to, and what is left to do."""
    try:
        invitation = get_by_token(token)
    except DeadLink:
        return dead_link(_DEAD)
    screen = _screen(invitation)
    return _page(invitation, screen, token, AcceptForm.of_request(name=_former_name(invitation.email)))


@bp.post("/<token>")
@public
def accept(token: str) -> ResponseReturnValue:
    """Accept: as somebody new, or with the account signed in."""
    form, refusal, status = AcceptForm.of_request(), "", 422
    try:
        invitation = get_by_token(token)
        screen = _screen(invitation)
        if screen.name == "confirm":
            return _accept_as(token)
        if screen.name == "accept" and form.submitted():
            limits.accepting(invitation.id).take()
            return _come_in(token, form)
    except DeadLink:
        return dead_link(_DEAD)
    except Invalid as error:
        form.refuse(error)
    except TooMany as error:
        refusal, status = error.message, error.status
    except Conflict:
        db.session.rollback()
        invitation = get_by_token(token)
        screen = _screen(invitation)
    if screen.name == "refused":
        afterwards(partial(operations.refuse_invitation, invitation.id, actor=current_actor()))
    return _page(invitation, screen.refusing(status), token, form, refusal)


def _come_in(token: str, form: AcceptForm) -> ResponseReturnValue:
    name, password = form.name.data or "", form.password.data or ""
    arrived = operations.accept_invitation(token, name=name, password=password, actor=current_actor())
    return unreferred(carry_session(redirect_with(f"Welcome, {arrived.user.name}.", "dashboard.index"), arrived.token))


def _accept_as(token: str) -> ResponseReturnValue:
    account = visit().account
    assert account is not None
    operations.accept_as(token, user_id=account.id, actor=current_actor())
    return unreferred(redirect_with("You are in your new teams.", "dashboard.index"))


@bp.post("/<token>/switch")
@public
def switch(token: str) -> ResponseReturnValue:
    """Sign out whoever is signed in, and come back to the invitation."""
    return unreferred(leave_session(redirect(url_for(".show", token=token), code=303)))


def _former_name(email: str) -> str:
    user = find_user(email)
    return user.name if user is not None and not user.is_active else ""


def _page(invitation: Invitation, screen: Screen, token: str, form: AcceptForm, refusal: str = "") -> Response:
    inviter = invitation.invited_by
    return page(
        f"members/invitations/{screen.name}.html",
        screen.status,
        invitation=invitation,
        inviter=inviter.name if inviter is not None else "",
        role=role_name(invitation),
        teams=sorted(team_names(invitation.team_ids).values()),
        joinable=find_domain(invitation.email) is not None,
        token=token,
        form=form,
        refusal=refusal,
        told=request.method == "POST" or state_of(invitation) is State.REFUSED,
    )
