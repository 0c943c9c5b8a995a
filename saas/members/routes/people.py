"""The list of people, and the pages that tell of one of them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.models import User
from saas.accounts.queries import count_sessions
from saas.audit.module import VIEW as SEE_LOG
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.members.guard import is_owner, may_manage
from saas.members.held import holders_by_id
from saas.members.holdings import holdings_of
from saas.members.models import Invitation
from saas.members.module import INVITE, MANAGE, TRANSFER, VIEW
from saas.members.queries import people as queries
from saas.members.queries.choices import team_names
from saas.members.queries.people import SEEN, STATUSES, Filter, status_of
from saas.members.queries.roles import list_roles
from saas.members.queries.seats import get_seats
from saas.members.queries.why import explain
from saas.members.routes.tabs import is_there, people_tabs
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate
from saas.web.visit import current_account, current_actor, current_entry, current_policy

bp = Blueprint("members", __name__, subdomain="tenant", url_prefix="/people")

CSV_HEAD = ("Name", "E-mail address", "Role", "Teams", "Status", "Last active", "Since")


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Everybody, or those whom search and filters find; under the status “invited”, open invitations."""
    listing, filter = _asked()
    invited = filter.status == "invited"
    page = paginate(listing.ordered(_query(listing, filter), _columns(filter)), listing.page)
    roles = list_roles()
    return render_template(
        "members/people/index.html",
        page=page,
        listing=listing,
        filter=filter,
        invited=invited,
        roles={role.stored: role for role in roles},
        teams={} if invited else queries.teams_of([user.id for user in page.items]),
        team_names=team_names(team for one in page.items for team in one.team_ids) if invited else {},
        filters=_filters(filter, [(role.key, role.label) for role in roles]),
        seats=get_seats(),
        status_of=status_of,
        tabs=people_tabs("members.index"),
        invite_url=_invite_url(),
    )


def _invite_url() -> str | None:
    """Where whoever looks invites people; None when they may not."""
    return url_for("invitations.new") if current_actor().can_somewhere(INVITE) and is_there("invitations.new") else None


def _asked() -> tuple[Listing, Filter]:
    given = {name: request.args.get(name, "") for name in ("role", "team", "status", "seen")}
    return Listing.of_request(queries.SORTABLE, "name"), Filter(**given)


def _query(listing: Listing, filter: Filter) -> Any:
    if filter.status == "invited":
        return queries.find_invited(current_actor().held, q=listing.q, filter=filter)
    return queries.find_people(q=listing.q, filter=filter)


def _columns(filter: Filter) -> dict[str, Any]:
    return queries.INVITED_SORTABLE if filter.status == "invited" else queries.SORTABLE


def _filters(filter: Filter, roles: list[tuple[str, str]]) -> list[dict[str, Any]]:
    teams = [(str(number), line) for number, line in queries.list_places()]
    invites = current_actor().can_somewhere(INVITE)
    statuses = [(key, label) for key, label in STATUSES.items() if invites or key != "invited"]
    offered = {
        "role": ("Role", [("", "Any role"), *roles]),
        "team": ("Team", [("", "Any team"), *teams]),
        "status": ("Status", [("", "Not removed"), *statuses]),
        "seen": ("Last active", [("", "Active or not"), *SEEN.items()]),
    }
    return [
        {"name": name, "label": label, "options": options, "value": getattr(filter, name)}
        for name, (label, options) in offered.items()
        if len(options) > 1
    ]


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, filter = _asked()
    query, columns = _query(listing, filter), _columns(filter)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        labels = {role.stored: role.label for role in list_roles()}
        for batch in listing.batches(query, columns):
            yield _invited_rows(batch, labels) if filter.status == "invited" else _rows(batch, labels)

    return csv_response("people.csv", CSV_HEAD, batches, current_entry())


def _rows(users: Any, labels: dict[Any, str]) -> list[tuple[Any, ...]]:
    teams = queries.teams_of([user.id for user in users])
    return [
        (
            *(user.name, user.email, labels.get((user.role, user.role_id), "")),
            *("; ".join(place.team for place in teams.get(user.id, ())), STATUSES[status_of(user)]),
            *(_moment(user.last_seen_at), _moment(user.created_at)),
        )
        for user in users
    ]


def _invited_rows(invitations: Any, labels: dict[Any, str]) -> list[tuple[Any, ...]]:
    names = team_names(team for one in invitations for team in one.team_ids)

    def line(one: Invitation) -> tuple[Any, ...]:
        teams = "; ".join(names[team] for team in one.team_ids if team in names)
        return "", one.email, labels.get((one.role, one.role_id), ""), teams, "Invited", "", _moment(one.created_at)

    return [line(one) for one in invitations]


def _moment(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds")) if moment else ""


@bp.get("/<uuid:user_id>")
@requires(VIEW)
def show(user_id: UUID) -> ResponseReturnValue:
    """Somebody: who they are, where they are, what they hold and what they made."""
    return person_page(user_id)


def person_page(user_id: UUID, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of somebody, with what was refused just now."""
    user, actor = queries.get_person(user_id), current_actor()
    sees_sessions = actor.can(MANAGE) or user.id == actor.id
    page = render_template(
        "members/people/show.html",
        **about(user, "show"),
        refusal=refusal,
        teams=queries.teams_of([user.id]).get(user.id, []),
        grants=queries.list_grants(user.id),
        permissions=runtime().registry.permissions,
        sessions=count_sessions(user.id, current_policy()) if sees_sessions else None,
        holdings=holdings_of(user.id),
        invite_url=_invite_url(),
        may_offer=actor.can(TRANSFER) and user.is_active and user.role != Role.OWNER and is_owner(actor),
    )
    return page, status


def about(user: User, here: str) -> dict[str, Any]:
    """What the pages of a person share; ``here`` is an endpoint's name."""
    actor, own = current_actor(), user.id == current_account().id
    pages = {"show": "Overview", "access": "Access", **({"history": "History"} if actor.can(SEE_LOG) else {})}
    tabs = [
        {"label": label, "url": url_for(f"members.{name}", user_id=user.id), "active": name == here}
        for name, label in pages.items()
    ]
    return {
        "person": user,
        "status": status_of(user),
        "holder": holders_by_id([user.id])[user.id],
        "own": own,
        "may_manage": actor.can(MANAGE) and may_manage(actor, user),
        "tabs": tabs,
        "breadcrumbs": [("People", url_for("members.index")), (user.name, None)],
    }


@bp.get("/<uuid:user_id>/access")
@requires(VIEW)
def access(user_id: UUID) -> ResponseReturnValue:
    """Why somebody can do what they can, and who could give them what they cannot."""
    user = queries.get_person(user_id)
    q = request.args.get("q", "").replace("\0", "").strip()[:200]
    chapters = explain(user.id, q=q)
    return render_template(
        "members/people/access.html",
        **about(user, "access"),
        q=q,
        chapters=chapters,
    )


@bp.get("/<uuid:user_id>/history")
@requires(SEE_LOG)
def history(user_id: UUID) -> ResponseReturnValue:
    """What was done to somebody, and the way to what they did."""
    return render_template("members/people/history.html", **about(queries.get_person(user_id), "history"))
