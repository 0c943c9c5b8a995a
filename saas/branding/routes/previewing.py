"""The preview beside the brand page's form: what it shows, made anew as somebody types."""

from contextlib import suppress
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from flask import render_template
from flask.typing import ResponseReturnValue

from saas.branding.brand import MODES
from saas.branding.changes import LABELS
from saas.branding.compiler import Theme, compile_brand
from saas.branding.forms import BrandForm
from saas.branding.identity import Identity, faults
from saas.branding.module import MANAGE
from saas.branding.queries import get_identity
from saas.branding.report import Report, called_single, report_on
from saas.branding.routes.blueprint import bp
from saas.core.errors import Invalid
from saas.core.extensions import limiter
from saas.tenancy.look import BRANDING
from saas.web.access import feature, requires

SINGLE = "overrides."
"""Begins the names of single colours among the fields of an identity."""
SURFACES = {"dashboard": "Pages", "sign_in": "Sign-in", "email": "Mails", "invoice": "Invoices"}


@bp.get("/preview")
@limiter.limit("240 per minute")
@feature(BRANDING)
@requires(MANAGE)
def preview() -> ResponseReturnValue:
    """What the values in the address would look like: frames and the report on contrast; a fragment."""
    own, _ = get_identity()
    return render_template("branding/_previewed.html", **shown_of(BrandForm.of_address(own).identity(own)))


def draft_query(identity: Identity) -> str:
    """What the address of a preview says of an identity: all that can be seen but the own CSS."""
    named = (one.name for one in fields(identity) if one.name not in ("theme", "overrides", "custom_css"))
    values = {name: getattr(identity, name) for name in named}
    single = {f"single.{name}": value for name, value in identity.overrides.items()}
    return urlencode({**values, "bare": "y" if identity.bare else "", **single})


def shown_of(identity: Identity) -> dict[str, Any]:
    """What the preview needs; while a colour cannot be read, only why."""
    report: Report | None = None
    tokens: Theme | None = None
    with suppress(Invalid):
        report, tokens = report_on(identity.brand), compile_brand(identity.brand)
    return {
        "tokens": tokens,
        "report": report,
        "fault": "" if report else told_with_label(*next(faults(identity))),
        "draft": draft_query(identity),
        "surfaces": SURFACES,
        "modes": MODES,
    }


def told_with_label(name: str, sentence: str) -> str:
    """What is wrong with a field, after its label."""
    label = called_single(name.removeprefix(SINGLE)) if name.startswith(SINGLE) else LABELS[name]
    return f"{label}: {sentence}"
