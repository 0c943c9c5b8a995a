"""Request hooks, in order: visit, scope, who came, may they come in; and at the end: settle, headers, close."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from flask import Flask, current_app, flash, g, redirect, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized

from saas.core.actor import Actor, KeyHolder, SignIn
from saas.core.apikeys import holds_key
from saas.core.clock import now
from saas.core.errors import NotAllowed
from saas.core.ids import short_id
from saas.core.runtime import runtime, settings
from saas.tenancy.directory import Entry, directory
from saas.tenancy.history import tenant_history
from saas.tenancy.look import look_of
from saas.tenancy.resolver import API_PREFIX, Arrival, Refusal
from saas.tenancy.standing import Standing
from saas.web import headers, unit
from saas.web.access import Access, access_of
from saas.web.cookies import read_cookie
from saas.web.csrf import has_token, is_same_origin
from saas.web.denied import record_disagreement
from saas.web.door import check_address
from saas.web.edge import ARRIVAL
from saas.web.errors import CrossSite, KeyInAddress, StaleForm, TenantBehind, TenantClosed, TenantSuspended, Unreachable
from saas.web.pages import is_local_path
from saas.web.plan import Spend, check_plan
from saas.web.rates import check_rates, tell_rates
from saas.web.visit import Visit, visit

Identify = Callable[[Arrival, str], tuple[Standing, SignIn | None]]
"""From the arrival and the session cookie (may be empty): the tenant's standing and the valid sign-in."""
Recognise = Callable[[Arrival], KeyHolder]
"""From an arrival with an API key: who that is; raises what refuses it."""

_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
_NOT_TOLD = re.compile(r"password|^(csrf_token|do|next|version)$")
"""Fields that nobody typed, or that are never shown again."""


def init_app(app: Flask, *, identify: Identify, recognise: Recognise, spend: Spend) -> None:
    """Hook in; ``identify`` comes from the accounts above, ``recognise`` from the keys, ``spend`` from usage."""
    app.before_request(begin)
    app.before_request(lambda: admit(identify, recognise, spend))
    app.after_request(unit.settle)
    app.after_request(tell_rates)
    app.after_request(headers.secure)
    app.teardown_request(unit.close_scope)
    app.teardown_request(lambda _error: clear_contextvars())


def begin() -> None:
    """Take note of the visit and open its scope."""
    arrival: Arrival = request.environ[ARRIVAL]
    given = request.headers.get("X-Request-ID", "")
    request_id = given if settings().trusted_proxies and _REQUEST_ID.match(given) else short_id(16)
    g.visit = Visit(arrival, request_id, _actor(None, request_id), look=runtime().plain())
    clear_contextvars()
    bind_contextvars(request_id=request_id, **({"tenant": arrival.tenant.key} if arrival.tenant else {}))
    if arrival.named:
        record_disagreement(arrival, g.visit.actor)
    if arrival.refusal is not None:
        raise Unreachable(arrival.refusal)
    if arrival.tenant is not None and tenant_history().behind(arrival.tenant.revision):
        g.visit.arrival = arrival = replace(arrival, tenant=_migrated(arrival.tenant))
    unit.open_scope(arrival)


def _migrated(entry: Entry) -> Entry:
    """The tenant as it stands now, if it has been migrated since the directory looked."""
    fresh = directory.reread(entry.id)
    if fresh is None or tenant_history().behind(fresh.revision):
        raise TenantBehind
    return fresh


def admit(identify: Identify, recognise: Recognise, spend: Spend) -> ResponseReturnValue | None:
    """Redirect to where the page lives, or check the marks of the view against whoever came."""
    found = visit()
    if found.arrival.elsewhere and not (found.arrival.takes_forms and request.method not in unit.SAFE):
        return _move(found.arrival.elsewhere)
    if request.path.startswith(API_PREFIX) and holds_key(unquote(request.query_string.decode("latin-1"))):
        raise KeyInAddress
    if found.arrival.tenant is not None:
        _meet(found, identify, recognise)
    if request.routing_exception is not None or request.endpoint is None:
        return None
    access = access_of(current_app.view_functions[request.endpoint])
    if access.most:
        request.max_content_length = access.most
    if request.method not in unit.SAFE and not found.arrival.by_bearer and not access.signed:
        if not is_same_origin():
            raise CrossSite
        if not has_token():
            _refuse_stale(access, found)
    if found.standing is not None and not found.standing.in_service and not access.even_suspended:
        raise TenantSuspended(found.standing.reason if found.actor.kind != "visitor" else "")
    check_rates(access, found)
    answer = _check(access, found)
    if answer is None:
        check_plan(access, found, spend)
    return answer


def _move(host: str) -> ResponseReturnValue:
    if request.method not in unit.SAFE:
        raise NotFound
    return redirect(settings().public_url(host, _here()), code=302)


def _here() -> str:
    """The path and query of this request, encoded: Werkzeug has decoded the path, whatever it held."""
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return quote(request.path, safe="/:@!$&'()*+,;=~-._") + query


def _meet(found: Visit, identify: Identify, recognise: Recognise) -> None:
    """Learn the tenant's standing and who came, in one query; refuse when the tenant is gone or closed."""
    token = "" if found.arrival.by_bearer else read_cookie("session")
    try:
        found.standing, found.sign_in = identify(found.arrival, token)
    except DBAPIError as error:
        if not _is_purged(error):
            raise
        if found.arrival.tenant is not None:
            directory.forget(found.arrival.tenant.id)
        raise Unreachable(Refusal.UNKNOWN_HOST) from None
    found.look = look_of(found.standing)
    if not found.standing.reachable:
        raise TenantClosed(found.standing.status)
    if found.sign_in is not None:
        found.token = token
        found.actor = _actor(found.sign_in, found.request_id)
    elif found.arrival.key_hash:
        holder = recognise(found.arrival)
        found.actor = replace(found.actor, kind="api_key", id=holder.id, name=holder.name, rights=holder.rights)
    check_address(found, found.standing.policy)


def _is_purged(error: DBAPIError) -> bool:
    """Whether the tenant's role or tables are gone: this process still remembered a tenant that another one purged."""
    return getattr(error.orig, "sqlstate", None) in ("22023", "42704", "42P01", "3F000")


def _actor(sign_in: SignIn | None, request_id: str) -> Actor:
    address, agent = request.remote_addr, request.user_agent.string[:300]
    if sign_in is None:
        return Actor("visitor", "Visitor", address=address, agent=agent, request_id=request_id)
    account = sign_in.account
    return Actor("member", account.name, account.id, sign_in.rights, address, agent, request_id, account.email)


def _refuse_stale(access: Access, found: Visit) -> NoReturn:
    """The page that sent this is from before the present session; nothing it sent is done."""
    signed_out = found.sign_in is None and access.kind != "public"
    if signed_out and _is_for_programs():
        raise Unauthorized
    sent = [
        (name, text) for name, text in request.form.items(multi=True) if text.strip() and not _NOT_TOLD.search(name)
    ]
    raise StaleForm(_returning("accounts.sign_in") if signed_out else _back(), sent, signed_out=signed_out)


def _check(access: Access, found: Visit) -> ResponseReturnValue | None:
    if access.kind == "public":
        return None
    if access.kind is None:
        raise Forbidden
    if found.actor.kind == "api_key":
        if access.for_people:
            raise NotAllowed("This is for people who are signed in. An API key cannot do it.")
    elif found.sign_in is None:
        return _ask_to_sign_in()
    if access.permission is not None and not (access.somewhere and found.actor.can_somewhere(access.permission)):
        found.actor.require(access.permission)
    if (
        access.confirmed
        and found.sign_in
        and found.sign_in.confirmed_at < now() - timedelta(minutes=settings().reauth_minutes)
    ):
        return _send_to("accounts.confirm")
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    if _is_for_programs():
        raise Unauthorized
    if message := _why_signed_out():
        flash(message, "warning")
    return _send_to("accounts.sign_in")


def _why_signed_out() -> str:
    """What to say to a browser whose session has ended without its doing; nothing to one that carries none."""
    standing, entry = visit().standing, visit().arrival.tenant
    if standing is None or entry is None or not read_cookie("session"):
        return ""
    limits = standing.policy.told()
    return (
        f"You have been signed out. {entry.name} signs everybody out {limits}."
        if limits
        else "You have been signed out."
    )


def _is_for_programs() -> bool:
    return request.path.startswith(API_PREFIX) or "HX-Request" in request.headers


def _send_to(endpoint: str) -> ResponseReturnValue:
    return redirect(_returning(endpoint), code=302 if request.method in unit.SAFE else 303)


def _returning(endpoint: str) -> str:
    """The address of a page that comes back here afterwards."""
    back = _back()
    return url_for(endpoint) + (f"?{urlencode({'next': back})}" if back not in ("", "/") else "")


def _back() -> str:
    """Where to come back to: here; if nothing can be opened here, to the page of ours that sent the form; empty if unknown.

    What was being sent cannot be repeated.
    """
    rules = request_ctx.url_adapter
    if request.method in unit.SAFE or (rules is not None and "GET" in rules.allowed_methods()):
        return _here()
    sender = urlsplit(request.referrer or "")
    path = urlunsplit(("", "", sender.path, sender.query, ""))
    return path if sender.netloc == request.host and is_local_path(path) else ""
