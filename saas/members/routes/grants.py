"""Extra permissions of a person: given and taken back."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.members.forms.grants import GrantForm
from saas.members.module import MANAGE
from saas.members.operations import grants as operations
from saas.members.queries.grants import givable_permissions
from saas.members.queries.people import get_grant, get_person, list_places
from saas.members.routes.people import about, bp, person_page
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_actor


@bp.route("/<uuid:user_id>/grants/new", methods=["GET", "POST"])
@requires(MANAGE)
def give(user_id: UUID) -> ResponseReturnValue:
    """Give somebody one more permission, everywhere or in one team."""
    user, form, status = get_person(user_id), GrantForm.of_request(), 200
    if user.removed_at is not None:
        return person_page(user_id, f"{user.name} was removed. Invite them to bring them back.", Conflict.status)
    form.offer(givable_permissions(current_actor()), list_places())
    if form.submitted():
        try:
            operations.give(user, permission=form.permission.data, team_id=form.team_id, actor=current_actor())
            return redirect_with(f"{user.name} has one more permission now.", ".show", user_id=user.id)
        except Invalid as error:
            form.refuse(error)
        except (Conflict, NotAllowed) as error:
            db.session.rollback()
            form.form_errors.append(error.message)
            status = error.status
    page = render_template("members/people/grant.html", **about(user, "give"), form=form)
    return page, 422 if form.errors and status == 200 else status


@bp.post("/<uuid:user_id>/grants/<uuid:grant_id>/delete")
@requires(MANAGE)
def take(user_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """Take a permission back."""
    try:
        operations.take(get_grant(grant_id, of=user_id), actor=current_actor())
    except NotAllowed as error:
        db.session.rollback()
        return person_page(user_id, error.message, error.status)
    return redirect_with("The permission is taken back.", ".show", user_id=user_id)
