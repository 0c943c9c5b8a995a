"""Pages that change the tree: make, rename, move and delete a team; the last two show first what they would change."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.ids import new_id
from saas.members.forms.teams import CHILDREN, MEMBERS, TOP, DeleteForm, MoveForm, NewTeamForm, TeamForm, read_place
from saas.members.models import Team
from saas.members.module import TEAMS
from saas.members.operations import teams as operations
from saas.members.queries.team_previews import preview_deletion, preview_move
from saas.members.queries.team_tree import Tree, get_tree, list_children
from saas.members.queries.teams import find_team, get_team, get_with_ancestors
from saas.members.routes.teams import bp, trail
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


@bp.route("/new", methods=["GET", "POST"])
@requires(TEAMS, somewhere=True)
def new() -> ResponseReturnValue:
    """Make a team."""
    form = NewTeamForm.of_request(parent=request.args.get("parent"), number=str(new_id()))
    form.parent.choices = _places(get_tree(counted=False), levels=1)
    if form.submitted():
        try:
            return _made(_create(form))
        except Invalid as error:
            if team := _sent_before(form):
                return _made(team)
            form.refuse(error)
        except NotFound:
            form.refuse(Invalid(_NO_PLACE, field="parent"))
    return render_template("members/teams/new.html", form=form), 422 if form.errors else 200


_NO_PLACE = "This team is not there, or was deleted. Please choose another place."


def _create(form: NewTeamForm) -> Team:
    place = read_place(form.parent.data, field="parent")
    values = {"name": form.name.data or "", "description": form.description.data or ""}
    return operations.create_team(parent_id=place, team_id=form.number.chosen, actor=current_actor(), **values)


def _made(team: Team) -> ResponseReturnValue:
    return redirect_with("The team is there. Now put people into it.", ".show", team_id=team.id)


def _sent_before(form: NewTeamForm) -> Team | None:
    """The team that this very form has made already, when it was sent twice."""
    team = find_team(form.number.chosen)
    return team if team and team.name == (form.name.data or "") else None


@bp.route("/<uuid:team_id>/edit", methods=["GET", "POST"])
@requires(TEAMS, somewhere=True)
def edit(team_id: UUID) -> ResponseReturnValue:
    """Rename and describe a team."""
    line = get_with_ancestors(team_id)
    team = get_team(team_id, to_change=request.method == "POST")
    current_actor().require(TEAMS, team.path)
    form, status = TeamForm.of_request(name=team.name, description=team.description, version=team.version), 200
    if form.submitted():
        try:
            values = {"name": form.name.data or "", "description": form.description.data or ""}
            operations.change_team(team, version=form.version.data or None, actor=current_actor(), **values)
            return redirect_with("Your changes are saved.", ".show", team_id=team.id)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.form_errors.append(conflict.message)
            form.version.data, status = team.version, conflict.status
    page = render_template("members/teams/edit.html", form=form, team=team, breadcrumbs=trail(line, "Edit"))
    return page, 422 if form.errors and status == 200 else status


@bp.route("/<uuid:team_id>/move", methods=["GET", "POST"])
@requires(TEAMS, somewhere=True)
def move(team_id: UUID) -> ResponseReturnValue:
    """Choose another place, see what that changes, then do it."""
    line, tree = get_with_ancestors(team_id), get_tree(counted=False)
    team = line[-1]
    current_actor().require(TEAMS, team.path[:-1])
    form = MoveForm(request.form if request.method == "POST" else request.args)
    form.to.choices = {"": "Choose a place", **_places(tree, levels=_height(tree, team), besides=team)}
    status = 422 if request.method == "POST" else 200
    if form.submitted():
        try:
            return _move(team, form)
        except (Invalid, NotFound):
            db.session.rollback()  # the preview tells why
        except Conflict as conflict:
            db.session.rollback()
            form.form_errors.append(conflict.message)
            status = conflict.status
    told = {"tree": tree, "breadcrumbs": trail(line, "Move"), **_move_preview(team, form)}
    return render_template("members/teams/move.html", form=form, team=team, **told), status


def _move(team: Team, form: MoveForm) -> ResponseReturnValue:
    place = read_place(form.to.data, field="to")
    operations.move_team(team.id, parent_id=place, seen=form.seen.data or "", actor=current_actor())
    return redirect_with(f"“{team.name}” has moved.", ".show", team_id=team.id)


def _move_preview(team: Team, form: MoveForm) -> dict[str, Any]:
    """What the place that was chosen would change, if one was and the team fits there; else why it does not."""
    nothing = {"preview": None, "parent": None}
    if not form.to.data:
        return {**nothing, "refusal": "Please choose a place." if request.method == "POST" else ""}
    try:
        place = read_place(form.to.data, field="to")
        parent = get_team(place) if place else None
        current_actor().require(TEAMS, parent.path if parent else ())
        operations.check_move(team, parent)
    except Invalid as error:
        return {**nothing, "refusal": error.message}
    except NotFound:
        return {**nothing, "refusal": _NO_PLACE}
    return {"preview": preview_move(team, parent), "parent": parent, "refusal": ""}


def _height(tree: Tree, team: Team) -> int:
    """How many levels a team takes with those below it."""
    return max((one.level for one in tree.by_id[team.id].walk()), default=1) - len(team.path) + 1


def _places(tree: Tree, *, levels: int, besides: Team | None = None) -> dict[str, str]:
    """Where this actor may put something that takes so many levels; for a team to move, neither below itself nor where it is."""
    actor, places = current_actor(), dict[str, str]()
    if actor.can(TEAMS) and (besides is None or besides.parent_id is not None):
        places[TOP] = "No other team"
    for branch in tree.walk():
        fits = branch.level + levels <= operations.DEEPEST and actor.can(TEAMS, branch.path)
        if fits and (besides is None or (besides.id not in branch.path and besides.parent_id != branch.id)):
            places[str(branch.id)] = tree.line(branch.path)
    return places


@bp.route("/<uuid:team_id>/delete", methods=["GET", "POST"])
@requires(TEAMS, somewhere=True)
def delete(team_id: UUID) -> ResponseReturnValue:
    """Choose what becomes of the teams below and of the people, see what that changes, then do it."""
    line = get_with_ancestors(team_id)
    team = line[-1]
    current_actor().require(TEAMS, team.path[:-1])
    form, status = _delete_form(team), 422 if request.method == "POST" else 200
    if form.submitted():
        try:
            chosen = {"children": form.children.data, "members": form.members.data}
            operations.delete_team(team_id, **chosen, seen=form.seen.data or "", actor=current_actor())
            return redirect_with(f"“{team.name}” is deleted.", ".index", at=team.parent_id)
        except Conflict as conflict:
            db.session.rollback()
            form.form_errors.append(conflict.message)
            status = conflict.status
    told: dict[str, Any] = {
        "has_children": bool(list_children(team.id)),
        "about": {"children": CHILDREN, "members": MEMBERS},
    }
    preview = None
    if not form.children.errors and not form.members.errors:
        preview = preview_deletion(team, children=form.children.data, members=form.members.data)
    told |= {"team": team, "parent": line[-2] if team.parent_id else None, "breadcrumbs": trail(line, "Delete")}
    return render_template("members/teams/delete.html", form=form, preview=preview, **told), status


def _delete_form(team: Team) -> DeleteForm:
    """What was sent; else what the address says, or what loses least. The people of a topmost team can only leave."""
    usual = {"children": "up", "members": "parent" if team.parent_id else "leave"}
    chosen = {name: request.args.get(name, value) for name, value in usual.items()}
    known = {"children": CHILDREN, "members": MEMBERS}
    asked = {name: value if value in known[name] else usual[name] for name, value in chosen.items()}
    form = DeleteForm(request.form) if request.method == "POST" else DeleteForm(data=asked)
    if team.parent_id is None:
        form.members.choices = {"leave": MEMBERS["leave"][0]}
    return form
