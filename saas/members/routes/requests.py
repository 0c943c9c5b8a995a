"""The queue of people who want to join."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.members.forms.invitations import OfferForm
from saas.members.models import JoinRequest
from saas.members.module import INVITE
from saas.members.operations import joining as operations
from saas.members.operations.seats import SeatsFull
from saas.members.queries import joining as queries
from saas.members.queries.domains import find_domain, is_joinable
from saas.members.queries.joining import STATES
from saas.members.queries.seats import get_seats, plans_with_more
from saas.members.routes.joining import bp
from saas.members.routes.tabs import people_tabs
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.plan import note_refused
from saas.web.visit import current_actor, current_entry

CSV_HEAD = ("Name", "E-mail address", "Status", "Asked", "Decided", "Decided by")


@bp.get("/people/requests")
@requires(INVITE)
def index() -> ResponseReturnValue:
    """Who wants to join; those who wait, unless others are asked for."""
    listing, state = _listing()
    query = queries.find_requests(q=listing.q, state=state)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template(
        "members/joining/index.html",
        page=page,
        listing=listing,
        state=state,
        states=STATES,
        former=queries.former_people([one.email for one in page.items]),
        seats=get_seats(),
        joinable=is_joinable(),
        tabs=people_tabs("joining.index"),
    )


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "asked"), request.args.get("state", "waiting")


@bp.get("/people/requests/export.csv")
@requires(INVITE)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, state = _listing()
    query = queries.find_requests(q=listing.q, state=state)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_line(one) for one in batch]

    return csv_response("requests.csv", CSV_HEAD, batches, current_entry())


def _line(one: JoinRequest) -> tuple[Any, ...]:
    asked, decided = (
        moment.isoformat(timespec="seconds") if moment else "" for moment in (one.verified_at, one.decided_at)
    )
    return one.name, one.email, one.decision or "waiting", asked, decided, one.decided_by.name if one.decided_by else ""


@bp.route("/people/requests/<uuid:request_id>", methods=["GET", "POST"])
@requires(INVITE)
def decide(request_id: UUID) -> ResponseReturnValue:
    """A request, with the form that lets this person in."""
    asked = queries.get_request(request_id)
    domain = find_domain(asked.email)
    form = OfferForm.of_request(role=domain.role if domain else "member", teams=[])
    about, refusal, status = form.offer_to(current_actor()), "", 200
    if form.submitted():
        try:
            operations.approve_request(request_id, form.offer(), actor=current_actor())
            return redirect_with(f"{asked.name} is in, and was told by mail.", ".index")
        except Invalid as error:
            form.refuse(error)
        except SeatsFull as error:
            db.session.rollback()
            note_refused(error)
            refusal, status = error.message, error.status
        except Conflict as error:
            return _told(error)
    page = render_template(
        "members/joining/decide.html",
        asked=asked,
        form=form,
        about=about,
        refusal=refusal,
        former=queries.former_people([asked.email]).get(asked.email),
        seats=(seats := get_seats()),
        roomier=plans_with_more(seats),
        breadcrumbs=[("People", url_for("members.index")), ("Requests", url_for(".index")), (asked.name, None)],
    )
    return page, 422 if form.errors else status


@bp.post("/people/requests/<uuid:request_id>/decline")
@requires(INVITE)
def decline(request_id: UUID) -> ResponseReturnValue:
    """Turn somebody away."""
    try:
        declined = operations.decline_request(request_id, actor=current_actor())
    except Conflict as error:
        return _told(error)
    return redirect_with(f"The request of {declined.name} is declined, and they were told by mail.", ".index")


def _told(error: Conflict) -> ResponseReturnValue:
    """What somebody else has done meanwhile, or this person with a click before."""
    db.session.rollback()
    return redirect_with(error.message, ".index", "warning")
