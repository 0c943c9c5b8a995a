"""The brand for programs: read it, set it, upload its pictures, see what colours would come to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.branding.compiler import compile_brand
from saas.branding.css import css, version
from saas.branding.identity import PICTURES, Faulty, Identity
from saas.branding.images.palette import suggest
from saas.branding.models import BrandPicture
from saas.branding.module import MANAGE
from saas.branding.operations import Overtaken, check_picture, keep_picture, publish, set_support_address
from saas.branding.queries import get_identity, get_pictures
from saas.branding.schemas import NAMES, read_identity, read_text, theirs, told
from saas.branding.themes import offered_themes
from saas.branding.visibility import PictureWarning, picture_warnings
from saas.core.errors import Invalid
from saas.tenancy.look import BRANDING
from saas.tenancy.queries import own_tenant
from saas.web.access import costly, feature, requires, takes
from saas.web.bodies import sent_json
from saas.web.visit import current_actor

bp = Blueprint("branding_api", __name__, subdomain="tenant", url_prefix="/api/saas/v1/branding")
blueprints = (bp,)

MOST_BYTES = 2_500_000
STALE = "Another version of the brand holds by now. Read it again, or send its version to set your fields on top of it."
_SHOWN = frozenset({"primary_color", "secondary_color", "font", "radius", "contrast", "theme"})


@bp.get("")
@requires(MANAGE)
def show() -> ResponseReturnValue:
    """The brand that holds: its fields, its version, the address of its style sheet and of its pictures."""
    return jsonify(_shown(*get_identity()))


@bp.put("")
@feature(BRANDING)
@requires(MANAGE)
def change() -> ResponseReturnValue:
    """Set the fields that are sent and leave the others; ``version``, if sent, must be that of the brand which was read."""
    given = _object()
    expected = given.pop("version", None)
    if expected is not None and type(expected) is not int:
        raise Invalid("Give the version as a number.", field="version")
    address, actor = given.pop("support_address", None), current_actor()
    own, _ = get_identity(lock=True)
    with _their_names():
        publish(read_identity(given, own, themes=frozenset(offered_themes())), expected=expected, actor=actor)
        if address is not None:
            set_support_address(read_text("support_address", address), actor=actor)
    return jsonify(_shown(*get_identity()))


@bp.post("/logo")
@costly
@takes(MOST_BYTES)
@feature(BRANDING)
@requires(MANAGE)
def upload() -> ResponseReturnValue:
    """Upload a picture as ``logo_file`` and make it the logo at once, or what ``purpose`` says (logo_dark, icon): 201."""
    purpose, file = request.form.get("purpose", "logo"), request.files.get("logo_file")
    if purpose not in PICTURES:
        raise Invalid(f"Choose one of {', '.join(PICTURES)}.", field="purpose")
    if file is None:
        raise Invalid("Send a picture under this name, as multipart/form-data.", field="logo_file")
    actor = current_actor()
    drawn = check_picture(file.read(), purpose=purpose, field="logo_file", actor=actor)
    picture = keep_picture(drawn, purpose=purpose, name=file.filename or "", actor=actor)
    own, _ = get_identity(lock=True)
    publish(Identity.read({**own.stored(), purpose: picture.id}), actor=actor)
    return jsonify(purpose=purpose, **_shown(*get_identity())["pictures"][purpose]), 201, {"Location": url_for(".show")}


@bp.get("/preview")
@feature(BRANDING)
@requires(MANAGE)
def preview() -> ResponseReturnValue:
    """What colours, font and shape in the address would come to: every token, light and dark, and what had to be changed."""
    given = request.args.to_dict()
    if unknown := sorted(set(given) - _SHOWN):
        raise Invalid(f"There is no such field. Send {', '.join(sorted(_SHOWN))}.", field=unknown[0][:40])
    with _their_names():
        brand = read_identity(given, get_identity()[0], themes=frozenset(offered_themes())).brand
    theme = compile_brand(brand)
    repairs = [asdict(repair) for repair in theme.repairs]
    return jsonify(light=dict(theme.light), dark=dict(theme.dark), repairs=repairs, css=css(brand, theme))


@bp.get("/css")
@requires(MANAGE)
def sheet() -> ResponseReturnValue:
    """The style sheet of the brand that holds, as pages load it."""
    brand = get_identity()[0].brand
    return Response(css(brand, compile_brand(brand)), mimetype="text/css")


def _object() -> dict[str, Any]:
    sent = sent_json()
    if not isinstance(sent, dict):
        raise Invalid("Send an object.", field="body")
    return dict(sent)


@contextmanager
def _their_names() -> Iterator[None]:
    """Refusals speak of fields and versions as programs know them."""
    try:
        yield
    except Faulty as faulty:
        raise Faulty({theirs(name): sentence for name, sentence in faulty.faults.items()}) from None
    except Overtaken as overtaken:
        raise Overtaken(overtaken.version, STALE) from None
    except Invalid as refusal:
        raise Invalid(
            refusal.message, field=refusal.field if refusal.field in NAMES else theirs(refusal.field)
        ) from None


def _shown(identity: Identity, number: int) -> dict[str, Any]:
    pictures = get_pictures([getattr(identity, name) for name in PICTURES])
    warnings = picture_warnings(identity, pictures, compile_brand(identity.brand))
    named = {name: pictures[id] for name in PICTURES if (id := getattr(identity, name)) in pictures}
    shown = {name: _picture(picture, warnings.get(name)) for name, picture in named.items()}
    url = None if identity.is_plain else url_for("brand.styles", sheet=version(identity.brand), _external=True)
    return {
        **told(identity),
        "support_address": own_tenant().support_address,
        "version": number,
        "pictures": shown,
        "css_url": url,
    }


def _picture(picture: BrandPicture, warning: PictureWarning | None) -> dict[str, Any]:
    size = "512" if picture.purpose == "icon" else "large"
    primary, secondary = suggest([(hex, share) for hex, share in picture.colours]) if picture.colours else ("", "")
    url = url_for("brand.picture", picture_id=picture.id, size=size, _external=True)
    measures = {"width": picture.width, "height": picture.height}
    colours, said = [one for one in (primary, secondary) if one], [". ".join(warning)] if warning else []
    return {"id": picture.id, "url": url, **measures, "colors": colours, "warnings": said}
