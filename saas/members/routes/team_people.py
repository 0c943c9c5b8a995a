"""Pages about the people of a team: put in, take out, make lead."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, NotFound
from saas.members.module import TEAMS
from saas.members.operations import teams as operations
from saas.members.queries import teams as queries
from saas.members.routes.teams import bp, trail
from saas.web.access import requires
from saas.web.pages import Listing, paginate, redirect_with, safe_next
from saas.web.visit import current_actor


@bp.route("/<uuid:team_id>/people/add", methods=["GET", "POST"])
@requires(TEAMS, somewhere=True)
def add(team_id: UUID) -> ResponseReturnValue:
    """Search people who are not in the team, choose some, put them in."""
    line = queries.get_with_ancestors(team_id)
    current_actor().require(TEAMS, line[-1].path)
    if request.method == "POST":
        return _add(team_id, request.form.getlist("id"))
    listing = Listing.of_request(queries.SORTABLE, "name")
    query = queries.find_addable(team_id, q=listing.q)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    standings = queries.standings(page.items, team_id)
    told = {"team": line[-1], "breadcrumbs": trail(line, "Add people"), "standings": standings}
    return render_template("members/teams/add.html", listing=listing, page=page, **told)


def _add(team_id: UUID, chosen: list[str]) -> ResponseReturnValue:
    team, added = queries.get_team(team_id), list[str]()
    for user_id in dict.fromkeys(chosen):
        try:
            added.append(operations.add_member(team, _id(user_id), actor=current_actor()).name)
        except Conflict as conflict:
            flash(conflict.message, "warning")
    if not chosen:
        return redirect_with(
            "Nobody was chosen. Tick the people who should come in.", ".add", "warning", team_id=team_id
        )
    if not added:
        return redirect(url_for(".show", team_id=team_id), code=303)
    who = added[0] if len(added) == 1 else f"{len(added)} people"
    return redirect_with(f"{who} joined the team.", ".show", team_id=team_id)


def _id(text: str) -> UUID:
    """An id from a form; raises NotFound for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such person.") from None


@bp.post("/<uuid:team_id>/people/<uuid:user_id>/remove")
@requires(TEAMS, somewhere=True)
def remove(team_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Take somebody out of the team."""
    user = operations.remove_member(queries.get_team(team_id), user_id, actor=current_actor())
    return _back(team_id, f"{user.name} is no longer in the team.")


@bp.post("/<uuid:team_id>/people/<uuid:user_id>/lead")
@requires(TEAMS, somewhere=True)
def lead(team_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Make somebody lead the team (``leads`` 1) or no longer (0)."""
    leads = request.form.get("leads", "1") == "1"
    user = operations.set_lead(queries.get_team(team_id), user_id, leads=leads, actor=current_actor())
    return _back(team_id, f"{user.name} leads the team." if leads else f"{user.name} no longer leads the team.")


def _back(team_id: UUID, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(safe_next(url_for(".show", team_id=team_id)), code=303)
