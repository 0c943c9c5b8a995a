"""The pages of roles: what each gives, who can do something, and composing roles of the organisation's own."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.models import CustomRole
from saas.core.access import EVERYWHERE, Place
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.ids import new_id
from saas.core.module import Permission, Role
from saas.core.runtime import runtime
from saas.members.forms.roles import ComposeForm, DeleteForm
from saas.members.guard import places_of
from saas.members.module import ROLES, VIEW
from saas.members.operations import roles as operations
from saas.members.queries import why
from saas.members.queries.choices import list_givable_roles
from saas.members.queries.effects import Effect, Unseen
from saas.members.queries.people import SORTABLE, list_places
from saas.members.queries.roles import (
    RoleEntry,
    entry_of,
    find_role,
    get_role,
    list_roles,
    permission_sections,
    version_of,
)
from saas.members.routes.tabs import people_tabs
from saas.tenancy.names import is_uuid
from saas.web.access import requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("roles", __name__, subdomain="tenant", url_prefix="/people/roles")

ANYWHERE, WHOLE = "", "organisation"
GIVES = {"yes": "yes", "teams": "in the teams they lead", "": "no"}


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """All roles, and the matrix of what each gives."""
    q = _searched()
    return render_template(
        "members/roles/index.html",
        q=q,
        roles=list_roles(),
        sections=permission_sections(q),
        known=len(runtime().registry.permissions),
        tabs=people_tabs("roles.index"),
    )


def _searched() -> str:
    return request.args.get("q", "").replace("\0", "").strip()[:200]


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The matrix as CSV."""
    roles, q = list_roles(), _searched()

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for section in permission_sections(q):
            yield [_row(section.label, permission, roles) for permission in section.permissions]

    head = ("Part", "Permission", "Name", *(role.label for role in roles))
    return csv_response("roles.csv", head, batches, current_entry())


def _row(part: str, permission: Permission, roles: Sequence[RoleEntry]) -> tuple[Any, ...]:
    return part, permission.label, permission.name, *(GIVES[role.gives(permission)] for role in roles)


@bp.get("/who")
@requires(VIEW)
def who() -> ResponseReturnValue:
    """Who can do something, and why."""
    permission = runtime().registry.permissions.get(request.args.get("permission", ""))
    if permission is None:
        return render_template("members/roles/who.html", permission=None, **_choices())
    where = request.args.get("where", ANYWHERE)
    place = _place(where)
    listing = Listing.of_request(SORTABLE, "role")
    page = paginate(listing.ordered(why.find_able(permission, place=place), SORTABLE), listing.page)
    reasons = why.reasons_of(page.items, permission, place=place)
    return render_template(
        "members/roles/who.html",
        permission=permission,
        where=where,
        listing=listing,
        page=page,
        reasons=reasons,
        **_choices(),
    )


@bp.get("/who.csv")
@requires(VIEW)
def who_export() -> ResponseReturnValue:
    """Everybody who can do something, with the reasons, as CSV."""
    permission = runtime().registry.permissions.get(request.args.get("permission", ""))
    if permission is None:
        raise NotFound("There is no such permission.")
    place, listing = _place(request.args.get("where", ANYWHERE)), Listing.of_request(SORTABLE, "role")

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(why.find_able(permission, place=place), SORTABLE):
            reasons = why.reasons_of(batch, permission, place=place)
            yield [(one.name, one.email, "; ".join(reason.text for reason in reasons[one.id])) for one in batch]

    return csv_response("who-can.csv", ("Name", "E-mail address", "Because of"), batches, current_entry())


def _choices() -> dict[str, Any]:
    return {
        "sections": permission_sections(),
        "places": [
            (ANYWHERE, "Anywhere"),
            (WHOLE, "In the whole organisation"),
            *((str(number), f"In {line}") for number, line in list_places()),
        ],
        "breadcrumbs": [("Roles", url_for("roles.index")), ("Who can do this?", None)],
    }


def _place(where: str) -> Place | None:
    """Where the question looks: None for anywhere. Raises NotFound for a team that is not there."""
    if where == ANYWHERE:
        return None
    if where == WHOLE:
        return EVERYWHERE
    places = places_of([UUID(where)]) if is_uuid(where) else {}
    if not places:
        raise NotFound("There is no such team, or it was deleted.")
    return next(iter(places.values()))


@bp.route("/new", methods=["GET", "POST"])
@requires(ROLES)
def new() -> ResponseReturnValue:
    """Make a role, from nothing or like another one."""
    model = next((role for role in list_roles() if role.key == request.args.get("like")), None)
    form = ComposeForm.of_request(
        number=str(new_id()),
        permissions=sorted(model.source.permissions) if model else [],
        description=model.description if model and model.is_custom else "",
    )
    if form.submitted():
        try:
            return _made(operations.create_role(**_draft(form), role_id=form.number.chosen, actor=current_actor()))
        except Invalid as error:
            if role := _sent_before(form):
                return _made(role)
            form.refuse(error)
        except Conflict as error:
            form.form_errors.append(error.message)
    return _compose_page("members/roles/new.html", form, model=model)


def _made(role: CustomRole) -> ResponseReturnValue:
    return redirect_with(f"The role “{role.name}” is ready to be given.", ".index")


def _sent_before(form: ComposeForm) -> CustomRole | None:
    """The role that this very form has made already, when it was sent twice."""
    role = find_role(form.number.chosen)
    return role if role and role.name == form.name.data else None


@bp.route("/<uuid:role_id>/edit", methods=["GET", "POST"])
@requires(ROLES)
def edit(role_id: UUID) -> ResponseReturnValue:
    """Rename and recompose a role, after a look at who gains and who loses what."""
    role, effect, status = get_role(role_id), None, 200
    now = {"name": role.name, "description": role.description, "permissions": list(role.permissions)}
    form = ComposeForm.of_request(**now, version=version_of(role))
    if form.submitted():
        try:
            marks: dict[str, Any] = {"seen": form.seen.data or "", "version": form.version.data or None}
            operations.change_role(role, **_draft(form), **marks, actor=current_actor())
            return redirect_with(f"The role “{role.name}” is saved.", ".index")
        except Unseen as unseen:
            effect, status = unseen.effect, unseen.tell(form.form_errors, form.seen.data)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.form_errors.append(conflict.message)
            form.version.data, status = version_of(role), conflict.status
    return _compose_page("members/roles/edit.html", form, status, role=role, effect=effect)


def _draft(form: ComposeForm) -> dict[str, Any]:
    return {
        "name": form.name.data or "",
        "description": (form.description.data or "").replace("\r\n", "\n"),
        "permissions": form.permissions.data or [],
    }


def _compose_page(
    template: str, form: ComposeForm, status: int = 200, *, effect: Effect | None = None, **context: Any
) -> ResponseReturnValue:
    form.seen.data = effect.mark if effect else ""
    form.permissions.choices = []
    actor = current_actor()
    page = render_template(
        template,
        form=form,
        effect=effect,
        sections=permission_sections(),
        holds={name for name in runtime().registry.permissions if actor.can(name)},
        **context,
    )
    return page, 422 if form.errors and status == 200 else status


@bp.route("/<uuid:role_id>/delete", methods=["GET", "POST"])
@requires(ROLES)
def delete(role_id: UUID) -> ResponseReturnValue:
    """Delete a role, and give another one to whoever has it."""
    role, effect, form, status = get_role(role_id), None, DeleteForm.of_request(), 200
    if form.submitted():
        try:
            operations.delete_role(role, to=form.to.data or "", seen=form.seen.data or "", actor=current_actor())
            return redirect_with(f"The role “{role.name}” is deleted.", ".index")
        except Unseen as unseen:
            effect, status = unseen.effect, unseen.tell(form.form_errors, form.seen.data)
        except Invalid as error:
            form.refuse(error)
    return _delete_page(role, form, effect), 422 if form.errors and status == 200 else status


def _delete_page(role: CustomRole, form: DeleteForm, effect: Effect | None) -> str:
    others = [one for one in list_givable_roles(current_actor()) if one.id != role.id and one.key != Role.OWNER]
    form.offer(others)
    form.seen.data = effect.mark if effect else ""
    return render_template("members/roles/delete.html", form=form, role=entry_of(role), effect=effect)
