"""What programs are told when something is refused: problem details (RFC 9457), in words of our own."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from flask import g, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

_BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("Request not understood", "Nothing was done. Check the address, the headers and the body."),
    401: ("Sign-in needed", "Send a token that is valid now in the header Authorization: Bearer, a space, the token."),
    402: ("Not in your plan", "The organisation's plan does not include this."),
    403: ("Not allowed", "Whoever sent this may not do it."),
    404: ("Not found", "There is nothing at this address, or nothing that you may see."),
    405: ("Method not allowed", "This address takes other methods: those that the header Allow names."),
    409: ("Conflict", "This does not fit the present state. Read it again, then repeat your step."),
    413: ("Request too large", "The body is larger than is taken here. Send less at a time."),
    415: (
        "Format not taken",
        "The body has a format that is not taken here. The header Content-Type says which one it has.",
    ),
    422: ("Value not taken", "One of the values cannot be taken."),
    429: ("Too many requests", "Wait as many seconds as the header Retry-After says, then try again."),
    500: ("Mistake on our side", "It has been recorded. Tell support the request_id, and they find it."),
    503: ("Not available now", "Try again in as many seconds as the header Retry-After says."),
}
_BY_KIND: Mapping[str, tuple[str, str]] = {
    "address_refused": ("Address not allowed", "The organisation takes requests from certain networks only."),
    "bad_host": ("Malformed host", "The header Host is not the name of a host."),
    "bad_key": (
        "API key not valid",
        "The key is incomplete, unknown here, expired or revoked. Whoever manages the organisation's keys can make another.",
    ),
    "key_in_address": ("API key in the address", "Send the key in the header Authorization: Bearer, a space, the key."),
    "bad_token": ("Token not valid", "The token is malformed, altered or too old. Get a new one."),
    "limit_reached": ("Limit reached", "The organisation's plan bounds this, and the bound is reached."),
    "feature_locked": ("Not in your plan", "The organisation's plan does not hold this feature."),
    "module_locked": ("Module not in use", "The organisation does not work with this part of the product."),
    "budget_spent": ("Budget spent", "The organisation set a budget for use that costs, and it is spent."),
    "payment_declined": ("Payment declined", "The payment method was not charged, and nothing was changed."),
    "cross_site": (
        "Sent from another site",
        "With a session's cookie, requests are taken from the organisation's own pages.",
    ),
    "disagreement": ("Names that disagree", "Host, path, X-Tenant-ID and token must name the same organisation."),
    "reserved_host": ("No such organisation", "The platform keeps this address for itself."),
    "stale_form": (
        "Form out of date",
        "A session's cookie alone changes nothing: send its X-CSRF-Token as well, or a bearer token instead.",
    ),
    "tenant_cancelled": (
        "Organisation closed",
        "The organisation was closed. Its owners can ask support to open it again.",
    ),
    "tenant_deleting": ("Organisation being deleted", "The organisation is being deleted, with all its data."),
    "tenant_migrating": ("Organisation being updated", "Try again in as many seconds as the header Retry-After says."),
    "tenant_suspended": ("Organisation suspended", "Access is paused, and nothing was deleted."),
    "unknown_host": ("No such organisation", "No organisation has this address."),
    "unknown_tenant": ("No such organisation", "No organisation is called this."),
}


def facts_of(error: object) -> dict[str, Any]:
    """What a refusal adds for programs: the field, the meter or feature, where it stands, which plans have more, what holds now."""
    facts: dict[str, Any] = {}
    for name in (
        "field",
        "meter",
        "limit",
        "used",
        "feature",
        "module",
        "plans",
        "resets_at",
        "reason",
        "faults",
        "version",
    ):
        value = getattr(error, name, None)
        if value is not None:
            facts[name] = value.isoformat() if isinstance(value, datetime) else plain_number(value)
    return facts


def plain_number(value: Any) -> Any:
    """A decimal as JSON has numbers, to the sixth decimal."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else round(float(value), 6)


def problem(
    error: HTTPException, code: int, message: str = "", facts: Mapping[str, Any] = MappingProxyType({})
) -> Response:
    """The answer to a program: what happened under ``title``, why or what to do under ``detail``.

    ``message`` is a sentence about this very request; without it the detail is that of the kind. ``code`` stays the same
    when texts change: programs tell problems apart by it.
    """
    kind = getattr(error, "kind", error.name.lower().replace(" ", "_"))
    title, detail = _BY_KIND.get(kind) or _BY_STATUS.get(code) or (error.name, "")
    body: dict[str, Any] = {"type": f"/problems/{kind}", "title": title, "status": code, "code": kind}
    if message or detail:
        body["detail"] = message or detail
    if "visit" in g:
        body["request_id"] = g.visit.request_id
    response = jsonify({**body, **facts})
    response.status_code = code
    response.mimetype = "application/problem+json"
    return response
