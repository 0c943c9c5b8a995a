"""Failures on demand: the next calls are answered with an error, before or after they have had their effect."""

from typing import Any

from saas.sandbox.stripe.store import Store

NOTE = "failures"
MESSAGES = {
    429: ("rate_limit_error", "rate_limit", "Request rate limit exceeded."),
    401: ("invalid_request_error", None, "Invalid API Key provided."),
    409: ("invalid_request_error", "lock_timeout", "This object cannot be accessed right now."),
}
OTHERS = ("api_error", None, "An unknown error occurred.")


def fail_next(
    store: Store, status: int, times: int = 1, *, after_effect: bool = False, path: str = "", body: str | None = None
) -> None:
    """Answer the next calls (whose address begins with `path`) with a status and an error body, or with `body` as it is.

    With `after_effect` the call is carried out and its true answer kept under its idempotency key: a repetition gets it.
    Status 0 ends the connection without an answer.
    """
    with store.lock:
        entry = {"status": status, "after_effect": after_effect, "path": path, "body": body}
        store.note(NOTE).setdefault("next", []).extend([entry] * times)


def taken(store: Store, path: str) -> dict[str, Any] | None:
    """The failure that the call of this address gets, if any; it is used up."""
    waiting: list[dict[str, Any]] = store.note(NOTE).get("next", [])
    for place, entry in enumerate(waiting):
        if path.startswith(entry["path"]):
            return waiting.pop(place)
    return None


def error_body(status: int) -> dict[str, Any]:
    """The error body of a status."""
    kind, code, message = MESSAGES.get(status, OTHERS)
    fields = {"type": kind, "code": code, "message": message}
    return {"error": {name: value for name, value in fields.items() if value is not None}}
