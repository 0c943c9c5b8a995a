"""Changing somebody's place in the organisation: role, working or not, going."""

from collections.abc import Callable
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.accounts.models import User
from saas.accounts.queries import find_user
from saas.core.addresses import canonical_email
from saas.core.database import db
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed
from saas.members.forms.people import HeirForm, RoleForm
from saas.members.guard import may_manage
from saas.members.holdings import holdings_of
from saas.members.module import MANAGE
from saas.members.operations import people as operations
from saas.members.queries.choices import list_givable_roles
from saas.members.queries.effects import Effect, Unseen, effect_of_role
from saas.members.queries.people import get_person, teams_of
from saas.members.queries.roles import key_of
from saas.members.routes.people import about, bp, person_page
from saas.web.access import confirmed, requires, signed_in
from saas.web.arrivals import forget_session
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor, current_entry


@bp.route("/<uuid:user_id>/role", methods=["GET", "POST"])
@requires(MANAGE)
def role(user_id: UUID) -> ResponseReturnValue:
    """Give somebody another role, after a look at what they gain and lose."""
    user = get_person(user_id)
    if user.removed_at is not None:
        return _gone(user)
    form = RoleForm.of_request(role=request.args.get("role", key_of(user.role, user.role_id)))
    effect, status = None, 200
    if form.submitted():
        try:
            operations.change_role(user, to=form.role.data, seen=form.seen.data or "", actor=current_actor())
            return redirect_with(f"{user.name} has another role now.", ".show", user_id=user.id)
        except Unseen as unseen:
            effect, status = unseen.effect, unseen.tell(form.form_errors, form.seen.data)
        except (Conflict, NotAllowed, Invalid) as error:
            status = _refuse(form, error)
    elif request.method == "GET" and may_manage(current_actor(), user):
        effect = effect_of_role(user.id, form.role.data)
    return _role_page(user, form, effect), _status(form, status)


def _gone(user: User) -> ResponseReturnValue:
    """The page of somebody who was removed, in answer to what can be done with people who are here only."""
    return person_page(user.id, f"{user.name} was removed. Invite them to bring them back.", Conflict.status)


def _refuse(form: RoleForm | HeirForm, error: DomainError) -> int:
    db.session.rollback()
    if isinstance(error, Invalid):
        form.refuse(error)
    else:
        form.form_errors.append(error.message)
    return error.status


def _status(form: RoleForm | HeirForm, status: int) -> int:
    return 422 if form.errors and status == 200 else status


def _role_page(user: User, form: RoleForm, effect: Effect | None) -> str:
    roles = list_givable_roles(current_actor())
    form.offer(roles)
    form.seen.data = effect.mark if effect else ""
    return render_template(
        "members/people/role.html", **about(user, "role"), form=form, roles=roles, effect=effect, changing=True
    )


@bp.post("/<uuid:user_id>/deactivate")
@requires(MANAGE)
def deactivate(user_id: UUID) -> ResponseReturnValue:
    """Switch an account off."""
    return _carry_out(
        user_id, operations.deactivate, "{} is deactivated. Their sessions have ended and their seat is free."
    )


@bp.post("/<uuid:user_id>/reactivate")
@requires(MANAGE)
def reactivate(user_id: UUID) -> ResponseReturnValue:
    """Switch an account on again."""
    return _carry_out(user_id, operations.reactivate, "{} can sign in again.")


def _carry_out(user_id: UUID, operation: Callable[..., None], message: str) -> ResponseReturnValue:
    user = get_person(user_id)
    try:
        operation(user, actor=current_actor())
    except (Conflict, NotAllowed) as error:
        db.session.rollback()
        return person_page(user_id, error.message, error.status)
    return redirect_with(message.format(user.name), ".show", user_id=user_id)


@bp.route("/<uuid:user_id>/remove", methods=["GET", "POST"])
@requires(MANAGE)
def remove(user_id: UUID) -> ResponseReturnValue:
    """Take somebody out of the organisation, and say who looks after what they leave."""
    user, form, status = get_person(user_id), HeirForm.of_request(), 200
    if user.removed_at is not None:
        return _gone(user)
    if form.submitted():
        try:
            operations.remove(user, heir=_heir(form), actor=current_actor())
            return redirect_with(f"{user.name} is removed. What they made keeps their name.", ".index")
        except (Conflict, NotAllowed, Invalid) as error:
            status = _refuse(form, error)
    return _going_page("members/people/remove.html", user, form), _status(form, status)


@bp.route("/leave", methods=["GET", "POST"])
@confirmed
@signed_in
def leave() -> ResponseReturnValue:
    """Go out of the organisation oneself."""
    user, form, status = get_person(current_account().id), HeirForm.of_request(), 200
    if form.submitted():
        try:
            operations.leave(user, heir=_heir(form), actor=current_actor())
            return _farewell()
        except (Conflict, Invalid) as error:
            status = _refuse(form, error)
    return _going_page("members/people/leave.html", user, form), _status(form, status)


def _heir(form: HeirForm) -> User | None:
    text = form.heir.data or ""
    if not text:
        return None
    heir = find_user(canonical_email(text, field="heir"))
    if heir is None or not heir.is_active:
        raise Invalid("There is nobody with this address here.", field="heir")
    return heir


def _going_page(template: str, user: User, form: HeirForm) -> str:
    return render_template(
        template,
        **about(user, "remove"),
        form=form,
        holdings=holdings_of(user.id),
        teams=teams_of([user.id]).get(user.id, []),
    )


def _farewell() -> ResponseReturnValue:
    return forget_session(redirect_with(f"You have left {current_entry().name}.", "accounts.sign_in"))
