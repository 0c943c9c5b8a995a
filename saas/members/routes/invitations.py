"""Inviting people, and the list of who is invited."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.database import db
from saas.core.errors import Conflict, DomainError, Invalid
from saas.core.ids import new_id
from saas.members import limits
from saas.members.forms.invitations import InviteForm, OfferForm
from saas.members.models import Invitation
from saas.members.module import INVITE
from saas.members.operations import invitations as operations
from saas.members.operations.invitations import DAYS, check_offer
from saas.members.operations.seats import SeatsFull
from saas.members.pasted import MOST, read_pasted
from saas.members.queries import invitations as queries
from saas.members.queries.choices import team_names
from saas.members.queries.invitations import SENDABLE, Row, State, Verdict, judge, role_name, state_of
from saas.members.queries.roles import key_of
from saas.members.queries.seats import get_seats, plans_with_more, seats_for
from saas.members.routes.tabs import people_tabs
from saas.tenancy.limits import LimitReached
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.gates import TooMany
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.plan import note_refused
from saas.web.visit import current_account, current_actor, current_entry

bp = Blueprint("invitations", __name__, subdomain="tenant", url_prefix="/people/invitations")

CSV_HEAD = ("E-mail address", "Role", "Teams", "Status", "Invited by", "Sent", "Good until", "Accepted")
TONES = {"ready": "success", "returns": "info", "invalid": "danger", "over": "danger"}
LABELS = {
    "ready": "Will be invited",
    "returns": "Comes back",
    "member": "Here already",
    "pending": "Invited already",
    "deactivated": "Deactivated",
    "repeated": "Repeated",
    "invalid": "Not an address",
    "over": "No seat left",
}


@bp.get("")
@requires(INVITE, somewhere=True)
def index() -> ResponseReturnValue:
    """All invitations that this person may look after."""
    listing, state = _listing()
    query = queries.find_invitations(current_actor().held, q=listing.q, state=state)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template(
        "members/invitations/index.html",
        page=page,
        listing=listing,
        state=state,
        states=State,
        state_of=state_of,
        role_name=role_name,
        teams=team_names(team for invitation in page.items for team in invitation.team_ids),
        seats=get_seats(),
        tabs=people_tabs("invitations.index"),
    )


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "-sent"), request.args.get("state", "")


@bp.get("/export.csv")
@requires(INVITE, somewhere=True)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, state = _listing()
    query = queries.find_invitations(current_actor().held, q=listing.q, state=state)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            names = team_names(team for invitation in batch for team in invitation.team_ids)
            yield [_line(invitation, names) for invitation in batch]

    return csv_response("invitations.csv", CSV_HEAD, batches, current_entry())


def _line(invitation: Invitation, names: dict[UUID, str]) -> tuple[Any, ...]:
    teams = "; ".join(names[team] for team in invitation.team_ids if team in names)
    moments = (invitation.sent_at, invitation.expires_at, invitation.accepted_at)
    by = invitation.invited_by.name if invitation.invited_by else ""
    told = (moment.isoformat(timespec="seconds") if moment else "" for moment in moments)
    return invitation.email, role_name(invitation), teams, state_of(invitation), by, *told


@bp.route("/new", methods=["GET", "POST"])
@requires(INVITE, somewhere=True)
def new() -> ResponseReturnValue:
    """Invite people: of more than one, what would become of each is shown before anything is sent."""
    usual = {"role": "member", "days": DAYS, "teams": request.args.getlist("team"), "number": str(new_id())}
    form = InviteForm.of_request(**usual)
    about = form.offer_to(current_actor())
    if request.method == "GET":
        return _page(form, about, (), "")
    fits, rows = form.submitted(), _look(form)
    if not current_account().verified:
        form.form_errors.append(_UNCONFIRMED)
    if sent := _sent_before(form, rows):
        return sent
    refusal, status = "", 422
    if full := _full(form, rows):
        refusal, status = _refused(full)
    elif fits and not form.errors:
        try:
            if sent := _send(form, rows):
                return sent
            refusal, status = (_CHANGED, 409) if form.seen.data else ("", 200)
        except Invalid as error:
            form.refuse(error)
        except (Conflict, TooMany) as error:
            db.session.rollback()
            (refusal, status), rows = _refused(error), _look(form)
            if sent := _sent_before(form, rows):
                return sent
    return _page(form, about, rows, refusal), status


_CHANGED = "Something has changed since you looked. Nothing was sent; please look again."
_UNCONFIRMED = "Confirm your own e-mail address first, then send this once more. Nothing of it is lost."


def _look(form: InviteForm) -> list[Row]:
    """What would become of each entry; all that is wrong with them and with the offer is said in the form."""
    rows: list[Row] = []
    try:
        rows = judge(read_pasted(form.addresses.data or ""), seats_for(form.role.data or ""), actor=current_actor())
        if not any(row.verdict in (*SENDABLE, Verdict.OVER) for row in rows):
            raise Invalid(rows[0].note if len(rows) == 1 else "Nobody on this list can be invited.", field="addresses")
    except Invalid as error:
        form.refuse(error)
    try:
        if not form.role.errors and not form.teams.errors:
            check_offer(form.offer(), actor=current_actor())
    except Invalid as error:
        form.refuse(error)
    return rows


def _full(form: InviteForm, rows: Sequence[Row]) -> SeatsFull | None:
    """The refusal where nobody on the list gets a seat who needs one."""
    over = sum(row.verdict is Verdict.OVER for row in rows)
    if not over or any(row.verdict in SENDABLE for row in rows):
        return None
    return SeatsFull(over, seats_for(form.role.data or ""))


def _refused(error: DomainError) -> tuple[str, int]:
    """What to say above the form, and the status of the answer."""
    if isinstance(error, LimitReached):
        note_refused(error)
    return error.message, error.status


def _sent_before(form: InviteForm, rows: Sequence[Row]) -> ResponseReturnValue | None:
    """The answer to a form that was sent twice and did its work the first time."""
    first = queries.find_invitation(form.number.chosen)
    if first is None or state_of(first) is not State.OPEN or any(row.verdict in SENDABLE for row in rows):
        return None
    told = sum(row.verdict is Verdict.PENDING for row in rows)
    known = first.email in {row.email for row in rows}
    return redirect_with(_told_sent(first.email, told), ".index") if known else None


def _told_sent(address: str, number: int) -> str:
    return f"{address} is invited." if number == 1 else f"{number} people are invited."


def _mark(rows: Sequence[Row]) -> str:
    return sha256(repr([(row.email, row.verdict) for row in rows]).encode()).hexdigest()[:32]


def _send(form: InviteForm, rows: Sequence[Row]) -> ResponseReturnValue | None:
    """Send the invitations; None unless this very list was looked at. One person alone needs no second look."""
    if len(rows) > 1 and form.seen.data != _mark(rows):
        return None
    addresses = [row.email for row in rows if row.verdict in SENDABLE]
    limits.inviting().take()
    letter: dict[str, Any] = {
        "message": form.message.data or "",
        "days": form.days.data or DAYS,
        "first_id": form.number.chosen,
    }
    operations.invite(addresses, form.offer(), **letter, actor=current_actor())
    told = _told_sent(addresses[0], len(addresses))
    left_out = len(rows) - len(addresses)
    rest = "one was" if left_out == 1 else f"{left_out} were"
    return redirect_with(f"{told} The other {rest} left out." if left_out else told, ".index")


def _page(form: InviteForm, about: dict[str, str], rows: Sequence[Row], refusal: str) -> str:
    form.seen.data = _mark(rows) if rows else ""
    return render_template(
        "members/invitations/new.html",
        form=form,
        about=about,
        rows=rows,
        sendable=sum(row.verdict in SENDABLE for row in rows),
        labels=LABELS,
        tones=TONES,
        refusal=refusal,
        **_seats_left(),
        most=MOST,
        verified=current_account().verified,
        everywhere=current_actor().can(INVITE),
        breadcrumbs=_crumbs("Invite people"),
    )


def _seats_left() -> dict[str, Any]:
    """What a form tells of seats before it is filled in: how many are left, and which plans have more."""
    seats = get_seats()
    return {"seats": seats, "roomier": plans_with_more(seats)}


def _crumbs(here: str) -> list[tuple[str, str | None]]:
    return [("People", url_for("members.index")), ("Invitations", url_for("invitations.index")), (here, None)]


@bp.route("/<uuid:invitation_id>/edit", methods=["GET", "POST"])
@requires(INVITE, somewhere=True)
def edit(invitation_id: UUID) -> ResponseReturnValue:
    """Give an open invitation another role and other teams."""
    invitation = operations.look_at_invitation(invitation_id, actor=current_actor())
    if state_of(invitation) is not State.OPEN:
        return redirect_with("Only an open invitation can be changed.", ".index", "warning")
    form = OfferForm.of_request(
        role=key_of(invitation.role, invitation.role_id), teams=[str(team) for team in invitation.team_ids]
    )
    about, status = form.offer_to(current_actor()), 200
    if form.submitted():
        try:
            operations.change_invitation(invitation_id, form.offer(), actor=current_actor())
            return redirect_with(f"The invitation of {invitation.email} is changed.", ".index")
        except Invalid as error:
            form.refuse(error)
        except SeatsFull as error:
            db.session.rollback()
            refusal, status = _refused(error)
            form.form_errors.append(refusal)
    page = render_template(
        "members/invitations/edit.html",
        form=form,
        about=about,
        invitation=invitation,
        breadcrumbs=_crumbs(invitation.email),
    )
    return page, 422 if form.errors and status == 200 else status


@bp.post("/<uuid:invitation_id>/resend")
@requires(INVITE, somewhere=True)
def resend(invitation_id: UUID) -> ResponseReturnValue:
    """Send an invitation once more, with a new link."""
    try:
        operations.look_at_invitation(invitation_id, actor=current_actor())
        limits.resending(invitation_id).take()
        invitation = operations.resend_invitation(invitation_id, actor=current_actor())
    except (Conflict, TooMany) as error:
        return _told(error)
    return redirect_with(f"A new link is on its way to {invitation.email}. The former one is dead.", ".index")


@bp.post("/<uuid:invitation_id>/revoke")
@requires(INVITE, somewhere=True)
def revoke(invitation_id: UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    try:
        invitation = operations.revoke_invitation(invitation_id, actor=current_actor())
    except Conflict as error:
        return _told(error)
    return redirect_with(f"The invitation of {invitation.email} is taken back.", ".index")


def _told(error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    return redirect_with(error.message, ".index", "warning")
