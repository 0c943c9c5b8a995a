"""What programs send about billing, read. Each refusal names the field."""

import re
from collections.abc import Mapping
from typing import Any

from saas.billing.operations.subscribing import Choice, read_choice
from saas.core.errors import Invalid

CHOICE = ("plan", "cycle", "offer")
LONGEST_COMMENT = 500
HIGHEST = 10**9
"""Sums from here on are a slip: nothing that is sold costs as much."""
_EARLIEST, _LATEST = 1_700_000_000, 10**11
"""Moments of quotes lie in between (UTC seconds)."""
_METHOD = re.compile(r"[a-z]{2,10}_[A-Za-z0-9_]{1,100}")


def read_fields(sent: Any, *names: str) -> Mapping[str, Any]:
    """An object with these fields and no others; what is null counts as not sent. Raises Invalid."""
    if not isinstance(sent, Mapping):
        raise Invalid("Send an object.", field="body")
    if unknown := sorted(set(sent) - set(names)):
        raise Invalid(f"There is no such field. Send {', '.join(names) or 'nothing'}.", field=unknown[0][:40])
    return {name: value for name, value in sent.items() if value is not None}


def read_text(given: Mapping[str, Any], name: str, default: str = "", *, longest: int = 100) -> str:
    """A text; raises Invalid."""
    text = given.get(name, default)
    if not isinstance(text, str) or len(text) > longest or "\0" in text:
        raise Invalid(f"This is a text of at most {longest} characters.", field=name)
    return text


def read_whole(given: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """A whole number within bounds; raises Invalid."""
    number = given.get(name)
    if type(number) is not int or not least <= number <= most:
        raise Invalid(f"Give a whole number from {least} to {most}.", field=name)
    return number


def read_flag(given: Mapping[str, Any], name: str) -> bool:
    """True or false, the latter by default; raises Invalid."""
    flag = given.get(name, False)
    if type(flag) is not bool:
        raise Invalid("This is true or false.", field=name)
    return flag


def read_wish(given: Mapping[str, Any]) -> Choice:
    """A plan and cycle (“month” by default), or an offer; raises Invalid."""
    plan, cycle = read_text(given, "plan"), read_text(given, "cycle", "month")
    return read_choice(plan, cycle, offer=read_text(given, "offer"))


def read_method(given: Mapping[str, Any]) -> str:
    """The id of a payment method at Stripe; raises Invalid."""
    method = read_text(given, "payment_method", longest=120)
    if not _METHOD.fullmatch(method):
        raise Invalid("Send the id of a payment method, such as pm_….", field="payment_method")
    return method


def read_quoted(given: Mapping[str, Any]) -> tuple[int, int]:
    """The moment of a quote (UTC seconds) and what is due by it (minor units); raises Invalid."""
    return read_whole(given, "moment", _EARLIEST, _LATEST), read_whole(given, "due", 0, HIGHEST - 1)
