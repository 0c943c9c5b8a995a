"""The brand's history: who made it what, what changed, and the way back."""

from collections.abc import Sequence
from itertools import chain

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from saas.branding.changes import Change, differences, named_pictures
from saas.branding.forms import sent_number
from saas.branding.identity import Identity
from saas.branding.module import MANAGE
from saas.branding.operations import restore
from saas.branding.queries import SORTABLE, find_versions, get_identity, get_pictures, get_version, list_before
from saas.branding.routes.blueprint import bp
from saas.branding.routes.framing import may_frame
from saas.branding.routes.previewing import SURFACES, draft_query
from saas.core.errors import NotFound
from saas.tenancy.look import BRANDING
from saas.web.access import feature, requires
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor


@bp.get("/history")
@feature(BRANDING)
@requires(MANAGE)
def history() -> ResponseReturnValue:
    """All versions, newest first, each with what it changed."""
    listing = Listing.of_request(SORTABLE, "-number")
    page = paginate(listing.ordered(find_versions(), SORTABLE), listing.page)
    former = list_before([version.number for version in page.items])
    changes = {one.number: _changes(former.get(one.number), one.identity) for one in page.items}
    _, number = get_identity()
    return render_template(
        "branding/history.html",
        page=page,
        listing=listing,
        changes=changes,
        pictures=get_pictures(named_pictures(chain.from_iterable(changes.values()))),
        present=number,
        breadcrumbs=_way("History"),
    )


def _changes(before: dict[str, object] | None, after: dict[str, object]) -> Sequence[Change]:
    return differences(Identity.read(before) if before else Identity(), Identity.read(after))


@bp.get("/history/<brand_number>")
@feature(BRANDING)
@requires(MANAGE)
def version(brand_number: str) -> ResponseReturnValue:
    """One version: how it looks, and how it differs from the one that holds."""
    found, (own, present) = get_version(sent_number(brand_number)), get_identity()
    if found is None:
        raise NotFound
    identity = Identity.read(found.identity)
    changes = differences(own, identity)
    page = render_template(
        "branding/version.html",
        version=found,
        present=present,
        changes=changes,
        pictures=get_pictures(named_pictures(changes)),
        draft=draft_query(identity),
        surfaces=SURFACES,
        breadcrumbs=_way(f"Version {brand_number}"),
    )
    return may_frame(make_response(page))


@bp.post("/history/<brand_number>/restore")
@feature(BRANDING)
@requires(MANAGE)
def bring_back(brand_number: str) -> ResponseReturnValue:
    """Make a former version the one that holds."""
    made = restore(sent_number(brand_number), actor=current_actor())
    if made is None:
        return redirect_with(
            f"Nothing was changed: the brand is as in version {brand_number} already.", "branding.history", "info"
        )
    return redirect_with(
        f"The brand is as in version {brand_number} again; this is version {made.number}.", "branding.history"
    )


def _way(last: str) -> list[tuple[str, str | None]]:
    return [("Settings", url_for("organisations.settings")), ("Brand", url_for("branding.edit")), (last, None)]
