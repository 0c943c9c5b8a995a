"""The organisation's own CSS: written, checked by line and column, looked at, published as a new version of the brand."""

from base64 import b64encode
from dataclasses import replace

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.branding.css_rules.listing import listed_parts, listed_properties
from saas.branding.custom_css import BYTES, TOO_LONG, Cleaned, clean
from saas.branding.forms import CssForm, sent_number
from saas.branding.identity import Identity
from saas.branding.linewise import line_changes
from saas.branding.models import BrandVersion
from saas.branding.module import MANAGE
from saas.branding.operations import Overtaken, publish
from saas.branding.queries import get_identity, get_version
from saas.branding.reach import remarks_on
from saas.branding.routes.blueprint import bp, made_of
from saas.branding.routes.framing import framed, may_frame
from saas.branding.sample import sample_chart
from saas.core.errors import Invalid
from saas.tenancy.look import BRANDING, WHITE_LABEL
from saas.web.access import costly, feature, requires
from saas.web.pages import redirect_with
from saas.web.templating import SAFE_BRAND
from saas.web.visit import current_actor


@bp.route("/css", methods=["GET", "POST"])
@costly
@feature(WHITE_LABEL)
@feature(BRANDING)
@requires(MANAGE)
def css() -> ResponseReturnValue:
    """The sheet that holds, to be edited."""
    own, number = get_identity()
    form = CssForm.of_request(custom_css=own.custom_css, version=str(number))
    if request.method != "POST":
        return _page(form, clean(own.custom_css), 200)
    text = form.custom_css.data or ""
    cleaned = clean(text)
    if cleaned.faults:
        return _page(form, cleaned, 422)
    try:
        expected = sent_number(form.version.data)
        made = publish(replace(own, custom_css=text), expected=expected, cleaned=cleaned, actor=current_actor())
    except Overtaken as overtaken:
        form.form_errors.append(overtaken.message)
        form.version.data = str(overtaken.version)
        return _page(form, cleaned, 409, newer=get_version())
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(form, cleaned, 422)
    if made is None:
        return redirect_with("Nothing was changed: this is your CSS already.", "branding.css", "info")
    return redirect_with(f"Published. Version {made.number} of the brand holds from now on.", "branding.css")


@bp.route("/css/preview", methods=["GET", "POST"])
@costly
@feature(WHITE_LABEL)
@feature(BRANDING)
@requires(MANAGE)
def css_preview() -> ResponseReturnValue:
    """A page with the CSS that was sent, or with the one that holds; with CSS that cannot be taken it says why."""
    own, _number = get_identity()
    cleaned = clean(request.form.get("custom_css", own.custom_css))
    page = render_template(
        "branding/surfaces/with_css.html",
        look=made_of(own).look,
        chart=sample_chart(),
        cleaned=cleaned,
        sheet=b64encode(cleaned.css.encode()).decode(),
        custom_styles="",
        brandable=True,
    )
    response = framed(make_response(page))
    policy = response.headers["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("style-src 'self'", "style-src 'self' data:")
    return response


def _page(form: CssForm, cleaned: Cleaned, status: int, *, newer: BrandVersion | None = None) -> Response:
    typed = form.custom_css.data or ""
    page = render_template(
        "branding/css.html",
        form=form,
        cleaned=cleaned,
        newer=newer,
        changes=line_changes(Identity.read(newer.identity).custom_css, typed) if newer else None,
        remarks=remarks_on(typed, cleaned.classes),
        most=BYTES,
        too_long=TOO_LONG,
        safe=f"/?{SAFE_BRAND}=1",
        parts=listed_parts(),
        properties=listed_properties(),
        breadcrumbs=[
            ("Settings", url_for("organisations.settings")),
            ("Brand", url_for("branding.edit")),
            ("Own CSS", None),
        ],
    )
    return may_frame(make_response(page, status))
