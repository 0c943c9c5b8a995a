"""The brand page: edited beside a preview of all that it changes, published as a new version."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from saas.branding.brand import OVERRIDABLE
from saas.branding.changes import Change, differences, named_pictures
from saas.branding.forms import BrandForm, theme_refusal
from saas.branding.identity import (
    PICTURES,
    Faulty,
    Identity,
    checked,
)
from saas.branding.images.palette import suggest
from saas.branding.models import BrandPicture, BrandVersion
from saas.branding.module import MANAGE
from saas.branding.operations import Overtaken, check_picture, keep_picture, problems_of, publish, set_support_address
from saas.branding.queries import get_former, get_identity, get_pictures, get_version
from saas.branding.routes.blueprint import bp
from saas.branding.routes.framing import may_frame
from saas.branding.routes.previewing import SINGLE, shown_of, told_with_label
from saas.branding.themes import offered_themes, theme_label
from saas.branding.visibility import picture_warnings
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.extensions import limiter
from saas.tenancy.look import BRANDING
from saas.tenancy.queries import own_tenant
from saas.web.access import feature, requires, takes
from saas.web.pages import redirect_with
from saas.web.visit import current_actor, tenant_key

MOST_BYTES = 7_000_000
"""Three pictures of two megabytes, and the form around them."""


@bp.route("", methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"], key_func=tenant_key)
@takes(MOST_BYTES)
@feature(BRANDING)
@requires(MANAGE)
def edit() -> ResponseReturnValue:
    """The brand that holds, to be edited. Each button but “Publish” only shows what would be."""
    own, number = get_identity()
    form = BrandForm.of_identity(own, number, own_tenant().support_address)
    if request.method != "POST":
        return _page(form, own, 200)
    step, is_read = request.form.get("do", "preview"), form.validate()
    is_read = _take_pictures(form) and is_read
    _apply(step, form, own)
    if not is_read or form.theme.errors:
        return _page(form, own, 422)
    return _publish(form, own) if step == "publish" else _look(form, own)


def _publish(form: BrandForm, own: Identity) -> ResponseReturnValue:
    actor = current_actor()
    try:
        made = publish(form.identity(own), expected=form.number, actor=actor)
        moved = form.moves_support and set_support_address(form.support_address.data or "", actor=actor)
    except Faulty as faulty:
        return _page(_refused(form, faulty.faults), own, 422)
    except Overtaken as overtaken:
        return _overtaken(form, overtaken)
    if made is None:
        told = "The support address is saved." if moved else "Nothing was changed: this is the brand already."
        return redirect_with(told, "branding.edit", "success" if moved else "info")
    return redirect_with(f"Published. Version {made.number} holds from now on.", "branding.edit")


def _overtaken(form: BrandForm, overtaken: Overtaken) -> Response:
    """What was changed here, upon what holds now."""
    begun, (present, number) = get_former(form.number), get_identity()
    if begun:
        form.rebase(begun, present)
    if not form.moves_support:
        form.support_address.data = form.support_begun.data = own_tenant().support_address
    form.form_errors.append(overtaken.message)
    form.version.data = str(number)
    return _page(form, present, 409, newer=get_version())


def _look(form: BrandForm, own: Identity) -> ResponseReturnValue:
    problems = problems_of(form.identity(own))
    return _page(_refused(form, problems), own, 422 if problems else 200)


def _refused(form: BrandForm, found: Mapping[str, str]) -> BrandForm:
    for name, sentence in found.items():
        field = f"{name}_file" if name in PICTURES else name
        form.refuse(Invalid(sentence if name in form else told_with_label(name, sentence), field=field))
    form.wrong_single = frozenset(name.removeprefix(SINGLE) for name in found if name.startswith(SINGLE))
    return form


def _take_pictures(form: BrandForm) -> bool:
    """Keep the pictures that were sent, whatever becomes of the form; whether all of them could be used.

    Each is a unit of work of its own, and none is drawn while a connection waits.
    """
    actor = current_actor()
    for name, file in form.files().items():
        try:
            drawn = check_picture(file.read(), purpose=name, actor=actor)
            form[name].data = keep_picture(drawn, purpose=name, name=file.filename or "", actor=actor).id
            db.session.commit()
            form.uploaded += (name,)
        except Invalid as refusal:
            form.refuse(Invalid(refusal.message, field=f"{name}_file"))
    return not any(form[f"{name}_file"].errors for name in PICTURES)


def _apply(step: str, form: BrandForm, own: Identity) -> None:
    """Do what a button of the form does to what was entered."""
    what, _, which = step.partition(":")
    if what == "theme":
        _wear(which, form, own)
    elif what == "remove" and which in PICTURES:
        form[which].data = ""
    elif what == "colours" and (colours := _suggested(form, which)):
        form.primary.data, form.secondary.data, form.theme.data = *colours, ""


def _wear(theme: str, form: BrandForm, own: Identity) -> None:
    if theme in offered_themes():
        form.fill(form.identity(own).with_theme(theme))
    else:
        form.refuse(theme_refusal())


def _suggested(form: BrandForm, which: str) -> tuple[str, str] | None:
    """The colours of a picture that was uploaded, as brand colours."""
    picture = get_pictures([form[which].data or ""]).get(form[which].data) if which in PICTURES else None
    return suggest([(hex, share) for hex, share in picture.colours]) if picture and picture.colours else None


def _page(form: BrandForm, own: Identity, status: int, *, newer: BrandVersion | None = None) -> Response:
    identity = form.identity(own)
    pictures = get_pictures([form[name].data or "" for name in PICTURES])
    shown = shown_of(identity)
    changes = _changes(own, identity) if newer else ()
    page = render_template(
        "branding/edit.html",
        form=form,
        own=own,
        step=request.form.get("do", ""),
        newer=newer,
        changes=changes,
        pictured=get_pictures(named_pictures(changes)),
        identity=identity,
        changed=identity != own or form.moves_support,
        themes=offered_themes(),
        theme_label=theme_label,
        overridable=OVERRIDABLE,
        pictures={name: pictures.get(form[name].data) for name in PICTURES},
        suggestions={name: _suggestion(pictures.get(form[name].data)) for name in PICTURES},
        warnings=picture_warnings(identity, pictures, shown["tokens"]),
        breadcrumbs=[("Settings", url_for("organisations.settings")), ("Brand", None)],
        **shown,
    )
    return may_frame(make_response(page, status))


def _changes(own: Identity, typed: Identity) -> Sequence[Change]:
    """What publishing what was typed would change."""
    with suppress(Invalid):
        typed = checked(typed)
    return differences(own, typed)


def _suggestion(picture: BrandPicture | None) -> tuple[str, ...]:
    colours = suggest([(hex, share) for hex, share in picture.colours]) if picture and picture.colours else ()
    return tuple(colour for colour in colours if colour)
