"""What every template can use."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request
from flask_login import current_user
from jinja2 import StrictUndefined, Template
from jinja2.runtime import Context
from werkzeug.local import LocalProxy

from saas.core.look import PLAIN
from saas.core.runtime import settings
from saas.core.themes import THEMES
from saas.tenancy.names import is_ours
from saas.web import format
from saas.web.assets import Assets
from saas.web.cards import draw
from saas.web.cookies import cookie_name
from saas.web.csrf import csrf_token
from saas.web.navigation import menu
from saas.web.plan import is_allowed
from saas.web.visit import Visit

SAFE_BRAND = "safe-brand"
"""In an address it shows the page without the organisation's own CSS, for when that hides what one needs."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What a page may say of the organisation it belongs to."""

    id: UUID
    name: str
    slug: str
    status: str
    support_address: str

    def called(self, name: str) -> "Organisation":
        """The same under another name."""
        return replace(self, name=name)


class SharedTemplate(Template):
    """A template that knows no globals but the environment's, so that importing its macros need not look for others."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        return super()._get_default_module()


def init_app(app: Flask, assets: Assets) -> None:
    """Set up Jinja: strict about undefined names, with our globals and filters."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.template_class = SharedTemplate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(format.FILTERS)
    app.jinja_env.globals.update(
        asset=assets.url,
        csrf_token=csrf_token,
        product_name=settings().product_name,
        navigation=LocalProxy(menu),
        can=can,
        draw=draw,
        find_url=settings().public_url(settings().base_domain, "/find"),
        home_url=settings().public_url(settings().base_domain),
    )
    app.jinja_env.tests["allowed"] = is_allowed
    app.context_processor(context)


def context() -> dict[str, Any]:
    """What differs from request to request. ``account`` is Flask-Login's current user, whom ``saas.app`` takes from the visit;
    a ``neutral`` page is on a host that we do not know, maybe a former domain of a white label: it does not say who we are."""
    found: Visit | None = g.get("visit")
    organisation = _organisation(found) if found else None
    look = found.look if found else PLAIN
    custom, plainly = look.custom if _is_brandable() else "", SAFE_BRAND in request.args
    return {
        "organisation": organisation,
        "look": look,
        "neutral": found is not None and organisation is None and not is_ours(found.arrival.host),
        "custom_styles": "" if plainly else custom,
        "without_custom_styles": bool(custom) and plainly,
        **({"product_name": look.product(organisation.name, settings().product_name)} if organisation else {}),
        "account": current_user._get_current_object() if found and current_user.is_authenticated else None,
        "theme": theme(found),
        "request_id": found.request_id if found else "",
        "support_address": (organisation.support_address if organisation else "") or settings().support_address,
        "breadcrumbs": [],
    }


def _is_brandable() -> bool:
    """Whether an organisation's own CSS may act on this page: its endpoint belongs to a feature that says so."""
    return request.blueprint in current_app.config["BRANDABLE"]


def theme(found: Visit | None) -> str:
    """What was last chosen in this browser, else the person's choice, else what the system prefers."""
    account = found.account if found else None
    chosen = request.cookies.get(cookie_name("theme")) or (account.theme if account else "")
    return chosen if chosen in THEMES else "system"


def can(permission: str) -> bool:
    """Whether whoever looks at the page holds a permission."""
    return bool(g.visit.actor.can(permission))


def _organisation(found: Visit) -> Organisation | None:
    entry = found.arrival.tenant
    if entry is None:
        return None
    status = found.standing.status if found.standing else ""
    return Organisation(entry.id, found.look.name or entry.name, entry.slug, status, entry.support_address)
