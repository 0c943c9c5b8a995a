"""Refusals with the body that Stripe gives them, so that the SDK raises the exception it would raise there."""

from typing import Any


class Fault(Exception):
    """A refused call: HTTP status, ``type`` (kind), ``code``, ``message``, ``param`` and what else the body holds."""

    def __init__(
        self, status: int, kind: str, code: str | None, message: str, param: str | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.fields = {"type": kind, "code": code, "message": message, "param": param, **more}

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"error": {name: value for name, value in self.fields.items() if value is not None}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> Fault:
    """A 400 for a value that does not fit."""
    return Fault(400, "invalid_request_error", code, message, param)


def missing(kind: str, id: str, param: str | None = None) -> Fault:
    """Nothing has this id: 404 for what an address names, 400 for what the parameter `param` names."""
    message = f"No such {LABELS.get(kind, kind)}: '{id}'"
    return Fault(400 if param else 404, "invalid_request_error", "resource_missing", message, param or "id")


def unknown(what: str, param: str | None = None) -> Fault:
    """A 400 for something that Stripe can do and the sandbox cannot."""
    return invalid(f"the sandbox does not know {what}", param, "sandbox_unknown")


def card_error(code: str, message: str, decline_code: str | None = None, **more: Any) -> Fault:
    """A 402: the card was declined or needs its holder."""
    return Fault(402, "card_error", code, message, None, decline_code=decline_code, **more)


LABELS = {
    "billing.meter": "meter",
    "billing_portal.configuration": "configuration",
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
    "test_helpers.test_clock": "test clock",
}
"""How messages call the kinds that they do not call by their name."""
