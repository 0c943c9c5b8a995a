"""What a brand changes, with sample words: pages, sign-in, mails, invoices. Only shown in frames, where nothing can be done."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.billing.paperbrand import paper_brand
from saas.billing.papers.pdf import paper_picture
from saas.branding.brand import MODES
from saas.branding.compiler import compile_brand
from saas.branding.css import css
from saas.branding.forms import BrandForm
from saas.branding.identity import Identity
from saas.branding.module import MANAGE
from saas.branding.queries import get_identity
from saas.branding.routes.blueprint import bp, made_of
from saas.branding.routes.framing import framed, framed_mail
from saas.branding.sample import sample_chart, sample_paper
from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.look import Look
from saas.core.mailtemplates import render_mail
from saas.core.runtime import settings
from saas.tenancy.look import BRANDING
from saas.web.access import costly, feature, requires
from saas.web.templating import context
from saas.web.visit import current_account, current_entry

_BY_SYSTEM = re.compile(r"@media \(prefers-color-scheme: dark\)")


@bp.get("/preview.css")
@feature(BRANDING)
@requires(MANAGE)
def preview_styles() -> ResponseReturnValue:
    """The style sheet of the brand in the address; an empty one for none."""
    identity = _drafted()
    try:
        brand = identity.brand
        text = css(brand, compile_brand(brand))
    except Invalid:
        text = ""
    return framed(Response(text, mimetype="text/css"))


@bp.get("/preview/dashboard")
@feature(BRANDING)
@requires(MANAGE)
def dashboard_surface() -> ResponseReturnValue:
    """A page of the organisation."""
    return _drawn("branding/surfaces/dashboard.html")


@bp.get("/preview/sign-in")
@feature(BRANDING)
@requires(MANAGE)
def sign_in_surface() -> ResponseReturnValue:
    """The page where its people sign in."""
    return _drawn("branding/surfaces/sign_in.html")


@bp.get("/preview/email")
@feature(BRANDING)
@requires(MANAGE)
def email_surface() -> ResponseReturnValue:
    """A mail, as mail programs show it."""
    entry, account = current_entry(), current_account()
    mail = render_mail(
        "invitation",
        look=replace(_look(), home=request.host_url.rstrip("/")),
        to=account.email,
        organisation=entry,
        support_address=entry.support_address or settings().support_address,
        greeting="Hello Sam,",
        inviter=account.name,
        role="Member",
        teams=[],
        message="",
        until=(now() + timedelta(days=7)).strftime("%-d %B"),
        link=settings().public_url(entry.host, "/"),
    )
    shown = "@media all" if _mode() == "dark" else "@media not all"
    return framed_mail(make_response(_BY_SYSTEM.sub(shown, mail.html)))


@bp.get("/preview/invoice")
@costly
@feature(BRANDING)
@requires(MANAGE)
def invoice_surface() -> ResponseReturnValue:
    """An invoice, as a picture of its first page."""
    called = current_entry().name
    paper = sample_paper(called, paper_brand(_look(), called))
    return framed(Response(paper_picture(paper), mimetype="image/png"))


def _drawn(template: str, **more: Any) -> Response:
    look = _look()
    own = context()["organisation"]
    page = render_template(
        template,
        look=look,
        theme=_mode(),
        preview_sheet=f"{url_for('.preview_styles')}?{request.query_string.decode()}",
        product_name=look.product(look.name or current_entry().name, settings().product_name),
        organisation=own.called(look.name or current_entry().name),
        chart=sample_chart(),
        **more,
    )
    return framed(make_response(page))


def _mode() -> str:
    mode = request.args.get("mode", "")
    return mode if mode in MODES else MODES[0]


def _drafted() -> Identity:
    own, _number = get_identity()
    return BrandForm.of_address(own).identity(own)


def _look() -> Look:
    """The look of the brand in the address; of the one that holds while a value of it cannot be taken."""
    identity = _drafted()
    try:
        return made_of(identity).look
    except Invalid:
        return made_of(get_identity()[0]).look
