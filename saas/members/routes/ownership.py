"""The page of the ownership: who owns the organisation, and handing it over."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.accounts.models import User
from saas.accounts.queries import find_user
from saas.core.addresses import canonical_email
from saas.core.database import db
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed
from saas.core.module import Role
from saas.members.forms.ownership import OfferForm
from saas.members.guard import is_owner
from saas.members.models import OwnershipTransfer
from saas.members.module import TRANSFER
from saas.members.operations import ownership as operations
from saas.members.queries.ownership import get_open_offer, list_owners, offer_to
from saas.members.routes.tabs import people_tabs
from saas.web.access import confirmed, requires, signed_in
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor, visit

bp = Blueprint("ownership", __name__, subdomain="tenant", url_prefix="/people/ownership")


@bp.app_context_processor
def banner() -> dict[str, Any]:
    """What the banner asks: for the offer to whoever looks at the page."""
    return {"offered_ownership": offered_ownership}


def offered_ownership() -> OwnershipTransfer | None:
    """The offer that whoever looks can accept; owners are not asked about."""
    account = visit().account
    return offer_to(account.id) if account is not None and account.role != Role.OWNER else None


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Who owns the organisation; to whom it is offered; what one can do about it."""
    return _page()


def _page(refusal: str = "", status: int = 200) -> ResponseReturnValue:
    offer, owners = get_open_offer(), list_owners()
    owner = is_owner(current_actor()) and current_actor().can(TRANSFER)
    page = render_template(
        "members/ownership/index.html",
        offer=offer,
        owners=owners,
        mine=offer is not None and offer.to_id == current_account().id,
        owner=owner,
        refusal=refusal,
        tabs=people_tabs("ownership.index"),
    )
    return page, status


@bp.route("/offer", methods=["GET", "POST"])
@confirmed
@requires(TRANSFER)
def offer() -> ResponseReturnValue:
    """Offer the ownership to somebody."""
    form, status = OfferForm.of_request(to=request.args.get("to", "")), 200
    if form.submitted():
        try:
            made = operations.offer_ownership(
                _chosen(form.to.data or ""), stays=bool(form.stays.data), actor=current_actor()
            )
            return redirect_with(
                f"The ownership is offered. {made.offered_to.name} was told by mail and has a week to answer.", ".index"
            )
        except Invalid as error:
            form.refuse(error)
        except (Conflict, NotAllowed) as error:
            db.session.rollback()
            form.form_errors.append(error.message)
            status = error.status
    page = render_template("members/ownership/offer.html", form=form)
    return page, 422 if form.errors and status == 200 else status


def _chosen(text: str) -> User:
    user = find_user(canonical_email(text, field="to"))
    if user is None or user.removed_at is not None:
        raise Invalid("There is nobody with this address here.", field="to")
    return user


@bp.route("/accept", methods=["GET", "POST"])
@confirmed
@signed_in
def accept() -> ResponseReturnValue:
    """Take the ownership; a GET shows what that means, as whoever types their password again comes back here."""
    if request.method == "GET":
        return _page()
    try:
        operations.accept_ownership(actor=current_actor())
    except Conflict as error:
        return _refused(error)
    return redirect_with("You are an owner now.", ".index")


@bp.post("/decline")
@signed_in
def decline() -> ResponseReturnValue:
    """Say no."""
    try:
        operations.decline_ownership(actor=current_actor())
    except Conflict as error:
        return _refused(error)
    return redirect_with("You declined the ownership. Nothing has changed.", ".index")


@bp.post("/cancel")
@requires(TRANSFER)
def cancel() -> ResponseReturnValue:
    """Take the offer back."""
    try:
        operations.cancel_offer(actor=current_actor())
    except (Conflict, NotAllowed) as error:
        return _refused(error)
    return redirect_with("The offer is taken back.", ".index")


def _refused(error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    return _page(error.message, error.status)
