"""The pages of the gallery."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, Invalid
from saas.modules.renders import metering, operations, queries
from saas.modules.renders.drawing import draw, draw_voice
from saas.modules.renders.forms import FORMS, FilmForm, ImageForm, OrderForm, SpeechForm
from saas.modules.renders.kinds import KINDS, MOST_IMAGES, RESOLUTIONS, SIZES, VOICES
from saas.modules.renders.models import Render
from saas.modules.renders.module import DELETE, MAKE, PUBLISH, VIEW
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import FeatureLocked
from saas.web.access import costly, feature, requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("renders", __name__, subdomain="tenant", url_prefix="/renders", template_folder="templates")
blueprints = (bp,)

PER_PAGE = 24
ORDERS = {"": "Newest first", "created": "Oldest first", "title": "By title", "-size": "Largest first"}


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of this module may name."""
    return {
        "kinds": KINDS,
        "sizes": SIZES,
        "voices": VOICES,
        "resolutions": RESOLUTIONS,
        "locked": _locked,
        "orders": ORDERS,
    }


def _locked(feature: str) -> str:
    """Why the plan does not hold a feature, and which one does; empty when it does, or when none is asked for."""
    return "" if not feature or entitlements().allows(feature) else FeatureLocked(feature).message


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The gallery."""
    listing, kind = _listing()
    query = listing.ordered(queries.find_renders(q=listing.q, kind=kind), queries.SORTABLE)
    page = paginate(query, listing.page, per_page=PER_PAGE)
    return render_template("renders/index.html", page=page, listing=listing, kind=kind)


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC, sizes in GB."""
    listing, kind = _listing()
    query = queries.find_renders(q=listing.q, kind=kind)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(render) for render in batch]

    head = ("Title", "Kind", "Status", "Used", "Size", "Ordered", "Ended")
    return csv_response("gallery.csv", head, batches, current_entry())


def _row(render: Render) -> tuple[Any, ...]:
    ended = render.finished_at.isoformat(timespec="seconds") if render.finished_at else ""
    ordered = render.created_at.isoformat(timespec="seconds")
    return render.title, KINDS[render.kind].label, render.status, render.amount, render.size_gb, ordered, ended


def _listing() -> tuple[Listing, str]:
    return Listing.of_request(queries.SORTABLE, "-created"), request.args.get("kind", "")


@bp.route("/images/new", methods=["GET", "POST"])
@requires(MAKE)
@costly
def new_image() -> ResponseReturnValue:
    """Order images."""
    return _order(ImageForm)


@bp.route("/speech/new", methods=["GET", "POST"])
@requires(MAKE)
@costly
def new_speech() -> ResponseReturnValue:
    """Order speech."""
    return _order(SpeechForm)


@bp.route("/films/new", methods=["GET", "POST"])
@requires(MAKE)
@costly
def new_film() -> ResponseReturnValue:
    """Order a film."""
    return _order(FilmForm)


def _order(kind: type[OrderForm]) -> ResponseReturnValue:
    form = kind.empty()
    if form.submitted():
        try:
            number = form.order.chosen
            render = operations.order_render(kind.name, form.settings, number=number, actor=current_actor())
            return redirect_with("The work has begun.", ".show", render_id=render.id)
        except Invalid as error:
            form.refuse(error)
    page = render_template("renders/new.html", form=form, about=KINDS[kind.name], estimate=_estimate(form))
    return page, 422 if form.errors else 200


def _estimate(form: OrderForm) -> metering.Estimate | None:
    return metering.estimate(KINDS[form.name].meter, form.amount) if form.amount else None


@bp.post("/estimate")
@requires(MAKE)
def estimate() -> ResponseReturnValue:
    """What a form would use as it stands: the part of its page that says so."""
    kind = FORMS.get(request.form.get("kind", ""), ImageForm)
    return render_template("renders/_estimate.html", estimate=_estimate(kind.of_request()))


@bp.get("/<uuid:render_id>")
@requires(VIEW)
def show(render_id: UUID) -> ResponseReturnValue:
    """What was ordered, how far it is, what came of it; the page asks again by itself until it has ended."""
    return render_template("renders/show.html", render=queries.get_render(render_id))


@bp.get("/<uuid:render_id>/images/<image>")
@requires(VIEW)
def drawing(render_id: UUID, image: str) -> ResponseReturnValue:
    """One of the images, the voice as it swells, or a still; whatever stood in it, a browser would run none of it."""
    number = int(image) if image.isascii() and image.isdigit() and len(image) < 3 else MOST_IMAGES
    response = Response(_drawn(queries.get_drawing(render_id, number), number), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f'inline; filename="{number + 1}.svg"'
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _drawn(render: Render, image: int) -> str:
    seed = f"{render.id}/{image}"
    if render.kind == "speech":
        return draw_voice(seed=seed)
    return draw(SIZES[str(render.settings.get("size", "wide"))], seed=seed)


@bp.post("/<uuid:render_id>/publish")
@requires(PUBLISH)
@feature(operations.YOUTUBE)
def publish(render_id: UUID) -> ResponseReturnValue:
    """Publish a film to YouTube."""
    try:
        operations.publish_film(queries.get_render(render_id, to_change=True), actor=current_actor())
    except Conflict as error:
        return redirect_with(error.message, ".show", "warning", render_id=render_id)
    return redirect_with("The film is published.", ".show", render_id=render_id)


@bp.post("/<uuid:render_id>/delete")
@requires(DELETE)
def delete(render_id: UUID) -> ResponseReturnValue:
    """Delete something from the gallery."""
    render = queries.get_render(render_id, to_change=True)
    operations.delete_render(render, actor=current_actor())
    return redirect_with(f"“{render.title}” is deleted.", ".index")
