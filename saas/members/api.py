"""People for programs: list them, change somebody's role, remove somebody; by the operations that the pages use."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from saas.accounts.models import User
from saas.accounts.queries import find_user
from saas.core.addresses import canonical_email
from saas.core.errors import Invalid
from saas.members.module import MANAGE, VIEW
from saas.members.operations import people as operations
from saas.members.queries import people as queries
from saas.members.queries.people import Filter, status_of
from saas.members.queries.roles import key_of, list_roles
from saas.web.access import requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor

bp = Blueprint("members_api", __name__, subdomain="tenant", url_prefix="/api/members")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """People, 25 a page; ``q``, ``role``, ``team``, ``status``, ``seen``, ``sort`` and ``page`` as on the page for people."""
    listing = Listing.of_request(queries.SORTABLE, "name")
    filter = Filter(**{name: request.args.get(name, "") for name in ("role", "team", "status", "seen")})
    page = paginate(listing.ordered(queries.find_people(q=listing.q, filter=filter), queries.SORTABLE), listing.page)
    labels = {role.stored: role.label for role in list_roles()}
    teams = queries.teams_of([user.id for user in page.items])
    items = [_member(user, labels, teams.get(user.id, [])) for user in page.items]
    return jsonify(items=items, page=page.page, pages=page.pages, total=page.total)


@bp.get("/<uuid:user_id>")
@requires(VIEW)
def show(user_id: UUID) -> ResponseReturnValue:
    """One person."""
    return jsonify(_one(queries.get_person(user_id)))


@bp.patch("/<uuid:user_id>")
@requires(MANAGE)
def change(user_id: UUID) -> ResponseReturnValue:
    """Give somebody the role named by ``role``: a built-in one's name, or the id of one made here."""
    wanted = _body().get("role")
    if not isinstance(wanted, str):
        raise Invalid("Send the role as a text under “role”.", field="role")
    user = queries.get_person(user_id)
    operations.change_role(user, to=wanted, actor=current_actor())
    return jsonify(_one(user))


@bp.delete("/<uuid:user_id>")
@requires(MANAGE)
def remove(user_id: UUID) -> ResponseReturnValue:
    """Remove somebody; ``heir`` may name, by address, who looks after what they leave."""
    user = queries.get_person(user_id)
    operations.remove(user, heir=_heir(_body().get("heir")), actor=current_actor())
    return jsonify(_one(user))


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise Invalid("Send an object.", field="body")
    return body


def _heir(address: object) -> User | None:
    if address in (None, ""):
        return None
    if not isinstance(address, str):
        raise Invalid("Send the address as a text under “heir”.", field="heir")
    heir = find_user(canonical_email(address, field="heir"))
    if heir is None:
        raise Invalid("There is nobody with this address here.", field="heir")
    return heir


def _one(user: User) -> dict[str, Any]:
    labels = {role.stored: role.label for role in list_roles()}
    return _member(user, labels, queries.teams_of([user.id]).get(user.id, []))


def _member(user: User, labels: dict[Any, str], teams: list[queries.InTeam]) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "email": user.email,
        "name": user.name,
        "role": key_of(user.role, user.role_id),
        "role_label": labels.get((user.role, user.role_id), ""),
        "status": status_of(user),
        "teams": [{"id": str(one.team_id), "name": one.team, "leads": one.leads} for one in teams],
        "last_seen_at": user.last_seen_at.isoformat() if user.last_seen_at else None,
        "created_at": user.created_at.isoformat(),
    }
