"""What programs send: bodies as JSON."""

from typing import Any

from flask import request

from saas.core.errors import Invalid


def sent_json() -> Any:
    """The body as JSON; raises Invalid for one that is nested without end."""
    try:
        return request.get_json()
    except RecursionError:
        raise Invalid("This is nested too deeply.", field="body") from None
