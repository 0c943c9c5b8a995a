"""Messages of Stripe as they arrive: read as bytes, believed only when signed, never logged."""

from collections.abc import Mapping, Sequence
from json import JSONDecodeError, loads
from typing import Any

from saas.billing.gateway import is_signed
from saas.core.errors import DomainError


class NotStripe(DomainError):
    """The message is not signed by Stripe, is not for this deployment, or is no message."""

    status = 400


def read_event(body: bytes, signature: str, *, secrets: Sequence[str], live: bool) -> Mapping[str, Any]:
    """The message in a request's body; raises NotStripe."""
    if not any(is_signed(body, signature, secret) for secret in secrets):
        raise NotStripe("This message is not signed by our payment provider, or it is too old.")
    try:
        event = loads(body)
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise NotStripe("This is no message.") from None
    if not isinstance(event, dict) or event.get("object") != "event" or not isinstance(event.get("id"), str):
        raise NotStripe("This is no message that we understand.")
    if event.get("livemode") is not live:
        raise NotStripe("This message is of the other mode, live or test.")
    if event.get("account"):
        raise NotStripe("This message is for another account.")
    about = (event.get("data") or {}).get("object")
    if (
        not isinstance(about, dict)
        or not isinstance(event.get("created"), int)
        or not isinstance(event.get("type"), str)
    ):
        raise NotStripe("This is no message that we understand.")
    return event
