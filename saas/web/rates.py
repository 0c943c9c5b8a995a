"""How often requests may come: of an organisation's programs in an hour, of a person in a second, of strangers in a minute.

Held across processes by the limiter's storage, in one statement for each request of the API and each one that changes
something. Pages that are only read are not counted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import g, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from werkzeug.wrappers import Response

from saas.core.network import client_network
from saas.tenancy.entitlements import entitlements
from saas.tenancy.resolver import API_PREFIX
from saas.web.access import Access
from saas.web.gates import Counter, TooMany, hits
from saas.web.limits import Window
from saas.web.unit import SAFE
from saas.web.visit import Visit

STRANGERS = RateLimitItemPerMinute(60)
"""What one address may ask of the API without saying who it is; pages of strangers have limits of their own."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How a limit stands: so many in all, so many left, and after how many seconds it begins anew."""

    limit: int
    left: int
    resets_in: int


def check_rates(access: Access, found: Visit) -> None:
    """Count the request; raise TooMany beyond a limit."""
    counters = list(_counters(access, found))
    if not counters:
        return
    windows = hits(counters)
    standing = [(counter, windows[counter.key]) for counter in counters]
    g.rate = min((_rate(*each) for each in standing), key=lambda rate: rate.left / rate.limit)
    over = [counter.seconds_over(window) for counter, window in standing]
    if seconds := max(over):
        raise TooMany(seconds, "There were too many requests.")


def _counters(access: Access, found: Visit) -> Iterator[Counter]:
    is_api = request.path.startswith(API_PREFIX)
    tenant = found.arrival.tenant
    if not is_api and request.method in SAFE:
        return
    if tenant is None or found.actor.kind == "visitor":
        if is_api and not access.signed:
            yield Counter(STRANGERS, f"stranger {client_network()}")
        return
    rates = entitlements().terms.rates
    if is_api:
        yield Counter(RateLimitItemPerHour(rates.per_hour), f"{tenant.id} api")
    if access.costly:
        yield Counter(RateLimitItemPerMinute(rates.costly_per_minute), f"{tenant.id} costly")
    per_second: RateLimitItem = RateLimitItemPerSecond(rates.per_user_second)
    yield Counter(per_second, f"{tenant.id} person {found.actor.id}")


def _rate(counter: Counter, window: Window) -> Rate:
    resets_in = max(0, round(window.ends_at - time.time()))
    return Rate(counter.limit.amount, max(0, counter.limit.amount - window.used), resets_in)


def tell_rates(response: Response) -> Response:
    """Say in the headers how the limit that is nearest stands."""
    rate: Rate | None = g.get("rate")
    if rate is not None:
        response.headers["X-RateLimit-Limit"] = str(rate.limit)
        response.headers["X-RateLimit-Remaining"] = str(rate.left)
        response.headers["X-RateLimit-Reset"] = str(rate.resets_in)
    return response
