"""The brand's pages and what they share."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, url_for

from saas.branding.changes import LABELS
from saas.branding.identity import PICTURES, Identity
from saas.branding.looks import Made, make_look
from saas.branding.queries import get_pictures
from saas.branding.report import called, called_single
from saas.branding.visibility import is_pale
from saas.core.runtime import runtime
from saas.tenancy.look import WHITE_LABEL
from saas.web.plan import is_in_plan

bp = Blueprint("branding", __name__, subdomain="tenant", url_prefix="/settings/brand")


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of the brand may name."""
    return {
        "labels": LABELS,
        "PICTURES": PICTURES,
        "brand_tabs": _tabs,
        "called": called,
        "called_single": called_single,
        "is_pale": is_pale,
    }


def _tabs(active: str) -> list[dict[str, Any]]:
    pages = (("edit", "Brand", ""), ("css", "Own CSS", WHITE_LABEL), ("history", "History", ""))
    return [
        {
            "label": label,
            "url": url_for(f"branding.{name}"),
            "active": name == active,
            "locked": not is_in_plan(feature),
        }
        for name, label, feature in pages
    ]


def made_of(identity: Identity) -> Made:
    """The look of an identity that may not be published yet."""
    made = make_look(identity, get_pictures([getattr(identity, name) for name in PICTURES]))
    return replace(made, look=made.look.over(runtime().plain()))
