"""The pages of teams: the tree, and one team."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.members.models import Team
from saas.members.module import TEAMS, VIEW
from saas.members.operations.teams import DEEPEST
from saas.members.queries import teams as queries
from saas.members.queries.team_tree import Tree, get_tree, list_children
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor, current_entry

MOST_CRUMBS = 4
"""How many teams a way shows; of a longer one the first and the last two."""

bp = Blueprint("teams", __name__, subdomain="tenant", url_prefix="/teams")


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The tree with its counts."""
    tree, q = _shown_tree()
    led = current_actor().held.teams_of(TEAMS)
    may_create = current_actor().can_somewhere(TEAMS)
    found = sum(team.found for team in tree.walk())
    told = {"found": found, "has_branches": any(team.branches for team in tree.roots), "led": led}
    show = request.args.get("show", "")
    return render_template("members/teams/index.html", tree=tree, q=q, may_create=may_create, show=show, **told)


def _shown_tree() -> tuple[Tree, str]:
    tree, q = get_tree(), _searched()
    if q:
        return tree.filtered(q), q
    tree.unfold(request.args.get("show", ""), request.args.get("at", type=UUID))
    return tree, q


def _searched() -> str:
    return request.args.get("q", "").replace("\0", "").strip()[:200]


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """All teams, or those that a filter finds, as CSV."""
    q = _searched()

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        tree = get_tree()
        found = [team for team in (tree.filtered(q) if q else tree).walk() if team.found]
        yield [(team.name, tree.line(team.path), team.people, team.in_all, team.description) for team in found]

    head = ("Name", "Place", "People", "People with teams below", "Description")
    return csv_response("teams.csv", head, batches, current_entry())


@bp.get("/<uuid:team_id>")
@requires(VIEW)
def show(team_id: UUID) -> ResponseReturnValue:
    """A team: who is in it, who leads it, what is below it."""
    line = queries.get_with_ancestors(team_id)
    listing, deep = _people_listing()
    query = queries.find_people(team_id, q=listing.q, deep=deep)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template(
        "members/teams/show.html",
        team=line[-1],
        breadcrumbs=trail(line),
        listing=listing,
        deep=deep,
        page=page,
        standings=queries.standings(page.items, team_id),
        leads=queries.list_leads(team_id),
        children=list_children(team_id),
        **_may(line[-1]),
    )


def trail(line: Sequence[Team], page: str = "") -> list[tuple[str, str | None]]:
    """The way to a team, the last of the line, or to a page about it: labels and addresses."""
    shown = list(line) if len(line) <= MOST_CRUMBS else [line[0], *line[-2:]]
    way: list[tuple[str, str | None]] = [(team.name, url_for("teams.show", team_id=team.id)) for team in shown]
    if len(shown) < len(line):
        way.insert(1, ("…", url_for("teams.index", at=line[-1].id)))
    return [("Teams", url_for("teams.index", at=line[-1].id)), *way, *([(page, None)] if page else [])]


def _people_listing() -> tuple[Listing, bool]:
    return Listing.of_request(queries.SORTABLE, "name"), request.args.get("below") == "1"


def _may(team: Team) -> dict[str, bool]:
    """What this actor may do: change the team, make teams below, and say where it stands."""
    actor = current_actor()
    may_change = actor.can(TEAMS, team.path)
    may_grow = may_change and len(team.path) < DEEPEST
    return {"may_change": may_change, "may_grow": may_grow, "may_hang": actor.can(TEAMS, team.path[:-1])}


@bp.get("/<uuid:team_id>/people.csv")
@requires(VIEW)
def people_export(team_id: UUID) -> ResponseReturnValue:
    """The people of a team as CSV; moments in UTC."""
    queries.get_team(team_id)
    listing, deep = _people_listing()
    query = queries.find_people(team_id, q=listing.q, deep=deep)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            known = queries.standings(batch, team_id)
            yield [_row(person.name, person.email, known[person.id]) for person in batch]

    head = ("Name", "E-mail", "Role", "Teams", "Leads", "Since")
    return csv_response("team-people.csv", head, batches, current_entry())


def _row(name: str, email: str, standing: queries.Standing) -> tuple[Any, ...]:
    teams = "; ".join(place.team for place in standing.places)
    led = "; ".join(place.team for place in standing.places if place.leads)
    since = min((place.since for place in standing.places), default=None)
    return name, email, standing.role, teams, led, since.isoformat(timespec="seconds") if since else ""
