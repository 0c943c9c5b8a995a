"""What programs send about usage, read: JSON or a form into checked uses."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import User
from saas.catalogue.current import catalogue
from saas.catalogue.terms import Kind
from saas.core.actor import Actor
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.runtime import runtime
from saas.tenancy.queries import own_tenant
from saas.usage.batches import Batch
from saas.usage.operations.ingesting import MOST
from saas.usage.uses import LONGEST_TEXT, Use, check_use, read_quantity

MOST_AT_ONCE = 10**9
"""More than this in one use from outside is taken for a slip: nobody could pay for it, and it could not be undone."""
_SMALL = 10**6
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
    return _from_outside(check_use(Use(**given), since=since))


def _from_outside(use: Use) -> Use:
    """What programs may say: nothing that only the product itself knows, and nothing that can only be a slip."""
    if use.quantity < 0:
        raise Invalid("Give a quantity above zero: only the product itself gives storage back.", field="quantity")
    if use.quantity > MOST_AT_ONCE:
        raise Invalid(f"This is more than {MOST_AT_ONCE:,} at once. Is the unit right?", field="quantity")
    if use.dimension and not catalogue().meters[use.meter].dimension:
        raise Invalid("This meter tells nothing apart; leave the dimension out.", field="dimension")
    if use.module and use.module not in runtime().registry.products:
        raise Invalid("There is no such part of the product.", field="module")
    return use


def check_people(uses: Iterable[Use], *, actor: Actor) -> None:
    """Refuse uses in the name of somebody else: a key may name people of its organisation, a person only themselves."""
    named = {use.user_id for use in uses if use.user_id is not None}
    known = {actor.id} if actor.kind == "member" else set(db.session.scalars(select(User.id).where(User.id.in_(named))))
    if named - known:
        raise Invalid("This is nobody of this organisation whom you could name.", field="user_id")


def _quantity(value: Any) -> Any:
    return value if type(value) is int and abs(value) < _SMALL else read_quantity(value)


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Invalid("Write a moment as 2027-01-31T09:30:00Z.", field="at") from None


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


def read_batch(sent: Any, *, actor: Actor) -> Batch:
    """A batch of uses, as a list or under “events”; raises Invalid, which names the event by its place, from 0."""
    events = sent.get("events") if isinstance(sent, dict) else sent
    if not isinstance(events, list) or not events:
        raise Invalid("Send a list of events.", field="events")
    if len(events) > MOST:
        raise Invalid(f"Send at most {MOST} events at a time; these are {len(events)}.", field="events")
    if (plain := _plain(events)) is not None:
        return plain
    since, uses = own_tenant().created_at, []
    for number, event in enumerate(events):
        try:
            uses.append(read_use(event, since=since) if isinstance(event, dict) else _no_object())
        except Invalid as error:
            raise Invalid(error.message, field=f"events.{number}.{error.field}") from None
    check_people(uses, actor=actor)
    return Batch.of(uses)


_PLAIN = {"meter", "quantity", "key"}


def _plain(events: list[Any]) -> Batch | None:
    """A batch of the usual shape, checked column by column: names of meters, small whole numbers, plain keys. None for all
    other ones, which are read event by event."""
    if not all(type(event) is dict and _PLAIN.issuperset(event) for event in events):
        return None
    meters = [event.get("meter") for event in events]
    quantities = [event.get("quantity", 1) for event in events]
    keys = [event.get("key", "-") for event in events]
    known = {name for name, meter in catalogue().meters.items() if meter.kind is not Kind.COUNT}
    if not all(type(meter) is str for meter in meters) or not known.issuperset(meters):
        return None
    if not all(type(quantity) is int and 0 < quantity < _SMALL for quantity in quantities):
        return None
    if not all(type(key) is str and 0 < len(key) <= LONGEST_TEXT for key in keys) or not "".join(keys).isprintable():
        return None
    nothing, empty = [None] * len(events), [""] * len(events)
    keys = [event.get("key") for event in events]
    return Batch(meters, quantities, keys, nothing, empty, empty, empty, empty, nothing, nothing)


def _no_object() -> Use:
    raise Invalid("This is not an object.", field="body")
