"""The strip across every page when something is near its end."""

from flask import redirect
from flask.typing import ResponseReturnValue

from saas.usage.alerts import Alert, list_alerts, version_of
from saas.usage.module import VIEW
from saas.usage.routes.blueprint import bp
from saas.web.access import requires
from saas.web.cookies import read_cookie, set_cookie
from saas.web.pages import safe_next
from saas.web.visit import current_actor, visit

_COOKIE = "alerts"


@bp.app_template_global("usage_alerts")
def present_alerts() -> list[Alert]:
    """What whoever looks should know; nothing once it was put away, until there is something new."""
    standing = visit().standing
    if standing is None or not standing.in_service or not current_actor().can(VIEW):
        return []
    alerts = list_alerts(standing)
    return [] if alerts and read_cookie(_COOKIE) == version_of(alerts) else alerts


@bp.post("/alerts/hide")
@requires(VIEW)
def hide_alerts() -> ResponseReturnValue:
    """Put the strip away until the browser is closed, or there is something new."""
    response = redirect(safe_next("/"), code=303)
    standing = visit().standing
    assert standing is not None
    set_cookie(response, _COOKIE, version_of(list_alerts(standing)), max_age=None)
    return response
