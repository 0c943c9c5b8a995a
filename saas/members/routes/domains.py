"""The e-mail domains by which people join without an invitation."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.database import db
from saas.core.errors import Invalid
from saas.members.forms.domains import MODE_TEXTS, ROLE_TEXTS, DomainForm, WaysForm
from saas.members.module import CONFIGURE
from saas.members.operations import domains as operations
from saas.members.providers import is_public
from saas.members.queries.domains import count_touched, domain_of, get_domain, list_domains
from saas.members.queries.seats import get_seats, seats_for
from saas.web.access import requires
from saas.web.pages import redirect_with
from saas.web.visit import current_account, current_actor

bp = Blueprint("email_domains", __name__, subdomain="tenant", url_prefix="/people/domains")


@bp.route("", methods=["GET", "POST"])
@requires(CONFIGURE)
def index() -> ResponseReturnValue:
    """The domains, and the form to add the one of one's own address."""
    domains, account = list_domains(), current_account()
    own = domain_of(account.email)
    offered = "" if is_public(own) or own in {one.domain for one in domains} else own
    form = DomainForm.of_request(domain=offered)
    if form.submitted():
        try:
            if not _is_saved():
                with _trial():
                    wanted = operations.add_domain(actor=current_actor(), **form.data).domain
                return _preview(form, wanted, url_for(".index"))
            added = operations.add_domain(actor=current_actor(), **form.data)
            return redirect_with(f"People with an address at {added.domain} can join now.", ".index")
        except Invalid as error:
            form.refuse(error)
    page = render_template(
        "members/domains/index.html",
        form=form,
        domains=domains,
        own=own,
        own_is_public=is_public(own),
        verified=account.verified,
        modes=MODE_TEXTS,
        roles=ROLE_TEXTS,
        seats=get_seats(),
        breadcrumbs=_crumbs(None),
    )
    return page, 422 if form.errors else 200


def _is_saved() -> bool:
    """Whether the form comes from the page that shows whom it affects."""
    return request.form.get("step") == "save"


@contextmanager
def _trial() -> Iterator[None]:
    """Do something for its refusals alone: nothing of it stays."""
    with db.session.begin_nested() as attempt:
        yield
        attempt.rollback()


def _preview(form: WaysForm, domain: str, action: str) -> str:
    return render_template(
        "members/domains/preview.html",
        form=form,
        domain=domain,
        action=action,
        touched=count_touched(domain),
        seats=seats_for(form.role.data or ""),
        breadcrumbs=_crumbs(domain),
    )


def _crumbs(domain: str | None) -> list[tuple[str, str | None]]:
    here = url_for(".index") if domain else None
    crumbs: list[tuple[str, str | None]] = [("People", url_for("members.index")), ("E-mail domains", here)]
    return [*crumbs, (domain, None)] if domain else crumbs


@bp.route("/<domain>", methods=["GET", "POST"])
@requires(CONFIGURE)
def edit(domain: str) -> ResponseReturnValue:
    """How people with an address at a domain come in, and as what."""
    known = get_domain(domain)
    form = WaysForm.of_request(mode=known.mode, role=known.role)
    if form.submitted():
        try:
            if not _is_saved():
                with _trial():
                    operations.change_domain(domain, actor=current_actor(), **form.data)
                return _preview(form, domain, url_for(".edit", domain=domain))
            operations.change_domain(domain, actor=current_actor(), **form.data)
            return redirect_with("The change is saved.", ".index")
        except Invalid as error:
            form.refuse(error)
    page = render_template(
        "members/domains/edit.html",
        form=form,
        domain=known,
        modes=MODE_TEXTS,
        roles=ROLE_TEXTS,
        breadcrumbs=_crumbs(known.domain),
    )
    return page, 422 if form.errors else 200


@bp.post("/<domain>/remove")
@requires(CONFIGURE)
def remove(domain: str) -> ResponseReturnValue:
    """Let nobody join by a domain any more."""
    operations.remove_domain(domain, actor=current_actor())
    return redirect_with(f"People with an address at {domain} need an invitation from now on.", ".index")
