"""What programs send: bodies as JSON."""

import json
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from saas.core.errors import DomainError, Invalid


def sent_json() -> Any:
    """The body as JSON; raises Invalid for one that is nested without end, DomainError with the place for one that is none."""
    try:
        return request.get_json()
    except RecursionError:
        raise Invalid("This is nested too deeply.", field="body") from None
    except BadRequest:
        raise DomainError(f"The body cannot be read as JSON{_place(request.get_data())}.") from None


def _place(body: bytes) -> str:
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return f", from line {error.lineno}, column {error.colno} on"
    except UnicodeDecodeError as error:
        return f": byte {error.start + 1} is no UTF-8"
    return ""
