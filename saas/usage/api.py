"""Usage for programs: record it, read it, ask before."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.core.clock import now
from saas.core.errors import Invalid, NotFound
from saas.tenancy.queries import own_tenant
from saas.usage import queries
from saas.usage.module import TRACK, VIEW
from saas.usage.operations.consuming import record_use
from saas.usage.operations.ingesting import ingest
from saas.usage.periods import Period, period_of
from saas.usage.queries import Figure
from saas.usage.schemas import check_people, read_batch, read_use
from saas.usage.uses import read_quantity
from saas.web.access import requires
from saas.web.bodies import sent_json
from saas.web.problems import plain_number
from saas.web.visit import current_actor

bp = Blueprint("usage_api", __name__, subdomain="tenant", url_prefix="/api/usage")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Every meter with what is used, the limit and what it costs: of this month, or of the one in which ``start_date`` lies."""
    period = _period()
    figures = [_figure(figure) for figure in queries.get_figures(period)]
    start, end = period.start.isoformat(), period.end.isoformat()
    return jsonify(period={"start": start, "end": end}, currency=_currency(), meters=figures)


def _period() -> Period:
    given = request.args.get("start_date")
    try:
        day = date.fromisoformat(given) if given else now().date()
        return period_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Invalid("Write a day as 2027-01-31.", field="start_date") from None


def _currency() -> str:
    return catalogue().currency


def _figure(figure: Figure) -> dict[str, Any]:
    numbers = ("used", "limit", "included", "left", "forecast")
    return {
        "meter": figure.meter,
        "label": figure.about.label,
        "unit": figure.about.unit,
        "standing": figure.standing,
        **{name: plain_number(getattr(figure, name)) for name in numbers},
        **{name: exact(getattr(figure, name)) for name in ("cost", "forecast_cost")},
    }


def exact(amount: Decimal) -> str:
    """A sum of money as text, so that no decimal of it is lost on the way; at most twelve."""
    return f"{amount.quantize(Decimal('1e-12')).normalize():f}"


@bp.post("/track")
@requires(TRACK)
def track() -> ResponseReturnValue:
    """Record one use, sent as a form or as JSON: 201, or 200 when its key was recorded before."""
    sent = sent_json() if request.is_json else request.form.to_dict()
    if not isinstance(sent, dict):
        raise Invalid("Send an object.", field="body")
    sent = {name: value for name, value in sent.items() if name != "csrf_token"}
    use = read_use(sent, since=own_tenant().created_at)
    check_people([use], actor=current_actor())
    receipt = record_use(use, actor=current_actor())
    answer: dict[str, Any] = {"id": str(receipt.event_id), "meter": receipt.meter, "recorded": not receipt.again}
    for name in ("used", "limit"):
        answer[name] = plain_number(getattr(receipt, name))
    answer["cost"] = exact(receipt.cost)
    return jsonify(answer), 200 if receipt.again else 201


@bp.post("/events")
@requires(TRACK)
def events() -> ResponseReturnValue:
    """Record up to a thousand uses at once: all of them, but for those that are known by their keys, or none."""
    ingested = ingest(read_batch(sent_json(), actor=current_actor()), actor=current_actor())
    return jsonify(recorded=ingested.recorded, again=ingested.again)


@bp.get("/limits/<meter>")
@requires(VIEW)
def limit(meter: str) -> ResponseReturnValue:
    """Whether ``quantity`` (1) more of a meter could be used now."""
    if meter not in catalogue().meters:
        raise NotFound
    quantity = read_quantity(request.args.get("quantity", "1"))
    if quantity <= 0:
        raise Invalid("Give a quantity above zero.", field="quantity")
    answer = queries.check_limit(meter, quantity)
    return jsonify(
        allowed=answer.allowed,
        meter=answer.meter,
        limit=answer.limit,
        usage=plain_number(answer.usage),
        remaining=plain_number(answer.remaining),
        resets_at=answer.resets_at.isoformat() if answer.resets_at else None,
        plans=list(answer.plans),
    )
