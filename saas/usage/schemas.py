"""What programs send about usage, read: JSON or a form into checked uses."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from saas.core.errors import Invalid
from saas.tenancy.queries import own_tenant
from saas.usage.operations.ingesting import MOST
from saas.usage.uses import Use, check_use, read_quantity

_FIELDS = {field.name for field in fields(Use)}
_OTHER_NAMES = {"resource_type": "meter", "workflow_id": "resource", "idempotency_key": "key", "timestamp": "at"}
"""Names under which fields are taken too, as other systems call them."""
_TEXTS = ("meter", "dimension", "resource", "module", "outcome", "key")


def read_use(sent: Mapping[str, Any], *, since: datetime | None = None) -> Use:
    """One use; raises Invalid. ``cost`` is not taken from outside: it follows from the plan."""
    given = {
        _OTHER_NAMES.get(name, name): value for name, value in sent.items() if value is not None and name != "cost"
    }
    if unknown := sorted(given.keys() - _FIELDS):
        raise Invalid(f"There is no field “{unknown[0][:40]}”. Send {', '.join(sorted(_FIELDS))}.", field="body")
    if "meter" not in given:
        raise Invalid("Say which meter.", field="meter")
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise Invalid("This is a text.", field=name)
    given["quantity"] = _quantity(given.get("quantity", 1))
    for name, read in _READERS.items():
        if name in given:
            given[name] = read(given[name])
    return check_use(Use(**given), since=since)


def _quantity(value: Any) -> Any:
    return value if type(value) is int and abs(value) < 2**31 else read_quantity(value)


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid("Write a moment as 2027-01-31T09:30:00Z.", field="at") from None
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _id(value: Any) -> UUID:
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        raise Invalid("This is not the id of a person.", field="user_id") from None


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if type(value) is not int:
        raise Invalid("Give a whole number.", field="duration_ms")
    return value


_READERS = {"at": _moment, "user_id": _id, "duration_ms": _whole}


def read_batch(sent: Any) -> list[Use]:
    """A batch of uses, as a list or under “events”; raises Invalid, which names the event by its place, from 0."""
    events = sent.get("events") if isinstance(sent, dict) else sent
    if not isinstance(events, list) or not events:
        raise Invalid("Send a list of events.", field="events")
    if len(events) > MOST:
        raise Invalid(f"Send at most {MOST} events at a time; these are {len(events)}.", field="events")
    since, uses = own_tenant().created_at, []
    for number, event in enumerate(events):
        try:
            uses.append(read_use(event, since=since) if isinstance(event, dict) else _no_object())
        except Invalid as error:
            raise Invalid(error.message, field=f"events.{number}.{error.field}") from None
    return uses


def _no_object() -> Use:
    raise Invalid("This is not an object.", field="body")
