"""The pages of API keys."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_id
from saas.core.module import Permission
from saas.core.runtime import runtime, settings
from saas.keys import operations, queries
from saas.keys.forms import KeyForm, RotateForm
from saas.keys.models import ApiKey
from saas.keys.module import MANAGE
from saas.keys.queries import KeyStatus, status_of
from saas.web.access import confirmed, feature, requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.plan import API_FEATURE, has_module
from saas.web.visit import current_actor, current_entry

bp = Blueprint("keys", __name__, subdomain="tenant", url_prefix="/keys")
blueprints = (bp,)

Section = tuple[str, list[Permission]]


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of keys may name."""
    return {"status_of": status_of, "statuses": {str(status): status.capitalize() for status in KeyStatus}}


@bp.get("")
@requires(MANAGE)
def index() -> ResponseReturnValue:
    """All keys, revoked and expired ones too."""
    listing, status = _listing()
    query = queries.find_keys(q=listing.q, status=status)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    return render_template("keys/index.html", page=page, listing=listing, status=status)


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "-created"), request.args.get("status", "")


@bp.get("/export.csv")
@requires(MANAGE)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, status = _listing()
    query = queries.find_keys(q=listing.q, status=status)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(key) for key in batch]

    head = ("Name", "Key", "Status", "Permissions", "Made by", "Made", "Expires", "Last used", "From", "Revoked")
    return csv_response("api-keys.csv", head, batches, current_entry())


def _row(key: ApiKey) -> tuple[Any, ...]:
    times = (key.created_at, key.expires_at, key.last_used_at, key.revoked_at)
    made, expires, used, revoked = (moment.isoformat(timespec="seconds") if moment else "" for moment in times)
    who = (key.name, key.hint, str(status_of(key)), " ".join(key.permissions), key.created_by_name)
    return *who, made, expires, used, key.last_used_address, revoked


@bp.route("/new", methods=["GET", "POST"])
@confirmed
@feature(API_FEATURE)
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """Make a key; the page that answers is the only one that ever shows its secret."""
    form = KeyForm.of_request(number=str(new_id()), expiry="90")
    sections = _offered()
    form.permissions.choices = {p.name: p.label for _, permissions in sections for p in permissions}
    if form.submitted():
        try:
            return _create(form)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            return redirect_with(conflict.message, ".index", "warning")
    page = render_template("keys/new.html", form=form, sections=sections)
    return page, 422 if request.method == "POST" else 200


def _create(form: KeyForm) -> ResponseReturnValue:
    key, secret = operations.create_key(
        name=form.name.data or "",
        permissions=form.permissions.data or (),
        expires_at=form.expires_at(current_entry().time_zone),
        key_id=form.key_id(),
        actor=current_actor(),
    )
    return _secret_page(key, secret, renewed=False)


def _secret_page(key: ApiKey, secret: str, *, renewed: bool) -> ResponseReturnValue:
    return render_template("keys/secret.html", key=key, secret=secret, renewed=renewed, me_url=_me_url())


def _me_url() -> str:
    return settings().public_url(current_entry().host, "/api/me")


def _offered() -> list[Section]:
    """The permissions that this actor can put into a key, by module."""
    actor, features = current_actor(), runtime().registry.features
    found = [
        (f.module.label, [p for p in f.module.permissions if actor.can(p)]) for f in features if has_module(f.product)
    ]
    return [(label, permissions) for label, permissions in found if permissions]


@bp.get("/<uuid:key_id>")
@requires(MANAGE)
def show(key_id: UUID) -> ResponseReturnValue:
    """A key: what it may do, how long it lives, when it was used."""
    key = queries.get_key(key_id)
    known = runtime().registry.permissions
    given = [known[name] for name in key.permissions if name in known]
    able = all(current_actor().can(name) for name in key.permissions)
    return render_template("keys/show.html", key=key, given=given, able=able, me_url=_me_url())


@bp.route("/<uuid:key_id>/rotate", methods=["GET", "POST"])
@confirmed
@feature(API_FEATURE)
@requires(MANAGE)
def rotate(key_id: UUID) -> ResponseReturnValue:
    """Give a key a new secret, which is shown once; the present one may work on for a while."""
    key = queries.get_key(key_id)
    try:
        operations.check_in_use(key)
    except Conflict as conflict:
        return redirect_with(conflict.message, ".show", "warning", key_id=key_id)
    form = RotateForm(request.form) if request.method == "POST" else RotateForm(seen=key.hint, grace="86400")
    if form.submitted():
        try:
            grace = timedelta(seconds=int(form.grace.data))
            renewed, secret = operations.rotate_key(key_id, grace=grace, seen=form.seen.data, actor=current_actor())
            return _secret_page(renewed, secret, renewed=True)
        except Conflict as conflict:
            return redirect_with(conflict.message, ".show", "warning", key_id=key_id)
    crumbs = [("API keys", url_for(".index")), (key.name, url_for(".show", key_id=key.id)), ("Renew", None)]
    page = render_template("keys/rotate.html", form=form, key=key, breadcrumbs=crumbs)
    return page, 422 if request.method == "POST" else 200


@bp.post("/<uuid:key_id>/end-grace")
@requires(MANAGE)
def end_grace(key_id: UUID) -> ResponseReturnValue:
    """End the former secret now."""
    operations.end_grace(key_id, actor=current_actor())
    return redirect_with("The former secret works no longer.", ".show", key_id=key_id)


@bp.post("/<uuid:key_id>/revoke")
@requires(MANAGE)
def revoke(key_id: UUID) -> ResponseReturnValue:
    """Switch a key off for good."""
    try:
        key = operations.revoke_key(key_id, actor=current_actor())
    except Conflict as conflict:
        return redirect_with(conflict.message, ".show", "warning", key_id=key_id)
    return redirect_with(f"“{key.name}” is revoked. The next request with it is refused.", ".show", key_id=key_id)
