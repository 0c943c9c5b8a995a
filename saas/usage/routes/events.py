"""The events behind the figures: the list, and the same as downloads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.catalogue.words import label_of_meter, unit_of
from saas.core.clock import now
from saas.core.errors import DomainError
from saas.core.runtime import runtime
from saas.tenancy.entitlements import entitlements
from saas.usage.asking import Asked, Fault, read_filter
from saas.usage.events import OUTCOMES, PER_PAGE, Filter, batches_of_events, find_events, place_in, written
from saas.usage.models import UsageEvent
from saas.usage.module import COSTS
from saas.usage.people import name_of, names_of
from saas.usage.routes.blueprint import bp
from saas.web.access import requires
from saas.web.csv import csv_response, jsonl_response
from saas.web.visit import current_entry

_HEAD = (
    *("Id", "At", "Meter", "Quantity", "Unit", "Cost", "Currency", "Dimension", "Module", "Resource"),
    *("Outcome", "Milliseconds", "Kind", "Who", "Key"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """An event and the name of whoever it is put down to."""

    event: UsageEvent
    who: str


@bp.get("/events")
@requires(COSTS)
def events() -> ResponseReturnValue:
    """Events newest first, with what each one cost; one more is read to know whether there are others."""
    asked, place = _asked("after"), place_in(request.args.get("after", ""))
    wanted, faults = asked.filter, [*asked.faults]
    if place is None and request.args.get("after"):
        faults.append(Fault("after", "is no place in this list, which begins with the newest"))
    found = find_events(wanted, zone=current_entry().time_zone, after=place, limit=PER_PAGE + 1)
    shown, values = found[:PER_PAGE], wanted.values
    last = shown[-1] if len(found) > PER_PAGE else None
    names = _names(shown, wanted)
    return render_template(
        "usage/events.html",
        filter=wanted,
        faults=faults,
        person=names.get(wanted.person, wanted.person),
        told=[Told(event, name_of(event.actor_kind, event.actor_id, names)) for event in shown],
        older=_url("usage.events", {**values, "after": written((last.at, last.id))}) if last else None,
        newest=_url("usage.events", values) if place else None,
        csv_url=_url("usage.export_csv", values),
        jsonl_url=_url("usage.export_jsonl", values),
        meters={name: meter.label for name, meter in catalogue().meters.items() if meter.kind != "count"},
        modules={name: module.label for name, module in runtime().registry.products.items()},
        outcomes=OUTCOMES,
    )


def _asked(*besides: str) -> Asked:
    """What the address asks for; ``besides`` are names in it that are no filters."""
    today = now().astimezone(ZoneInfo(current_entry().time_zone)).date()
    given = request.args.to_dict(flat=False)
    return read_filter({name: texts for name, texts in given.items() if name not in besides}, today=today)


def _download() -> Filter:
    """The filter of a download, whose reader would not see what was left out; raises DomainError for what is not understood."""
    asked = _asked()
    if asked.faults:
        told = " ".join(f"{fault.name}: {fault.text}." for fault in asked.faults)
        raise DomainError(f"Nothing was exported, as the address asks for what there is not. {told}")
    return asked.filter


def _names(events: Sequence[UsageEvent], wanted: Filter) -> dict[str, str]:
    return names_of([wanted.person, *(event.actor_id or "" for event in events)])


def _url(endpoint: str, values: dict[str, str]) -> str:
    return f"{url_for(endpoint)}?{urlencode(values)}"


@bp.get("/events/export.csv")
@requires(COSTS)
def export_csv() -> ResponseReturnValue:
    """The events of the same filter as CSV, all of them; moments in UTC, amounts exact."""

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for told in _batches(wanted, zone):
            yield [_row(one) for one in told]

    wanted, zone = _download(), current_entry().time_zone
    return csv_response("usage-events.csv", _HEAD, batches, current_entry())


@bp.get("/events/export.jsonl")
@requires(COSTS)
def export_jsonl() -> ResponseReturnValue:
    """The same as JSON Lines: one event an object, amounts as exact decimals in text."""

    def batches() -> Iterator[list[dict[str, Any]]]:
        for told in _batches(wanted, zone):
            yield [_object(one) for one in told]

    wanted, zone = _download(), current_entry().time_zone
    return jsonl_response("usage-events.jsonl", batches, current_entry())


def _batches(wanted: Filter, zone: str) -> Iterator[list[Told]]:
    for batch in batches_of_events(wanted, zone=zone):
        names = _names(batch, wanted)
        yield [Told(event, name_of(event.actor_kind, event.actor_id, names)) for event in batch]


def _row(told: Told) -> tuple[Any, ...]:
    event = told.event
    return (
        *(str(event.id), event.at.isoformat()),
        *(label_of_meter(event.meter), _cell(event.quantity), unit_of(event.meter, event.quantity)),
        *(_cell(event.cost), entitlements().terms.currency, event.dimension, event.module, event.resource),
        *(event.outcome, event.duration_ms, event.actor_kind, told.who, event.key),
    )


def _cell(amount: Decimal) -> str | Decimal:
    """An exact number; below zero not as text, which a spreadsheet might take for a formula."""
    return f"{amount:f}" if amount >= 0 else amount


def _object(told: Told) -> dict[str, Any]:
    event = told.event
    return {
        "id": str(event.id),
        "at": event.at.isoformat(),
        "meter": event.meter,
        "quantity": f"{event.quantity:f}",
        "cost": f"{event.cost:f}",
        "currency": entitlements().terms.currency,
        **{name: getattr(event, name) for name in ("dimension", "module", "resource", "outcome", "duration_ms", "key")},
        "by": {"kind": event.actor_kind, "id": event.actor_id and str(event.actor_id), "name": told.who},
    }
