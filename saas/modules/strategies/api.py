"""Strategies for programs: list them, look at one, try it on the past, see how that went."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from saas.core.errors import Invalid
from saas.modules.strategies import queries
from saas.modules.strategies.models import Backtest, Strategy
from saas.modules.strategies.module import RUN, VIEW
from saas.modules.strategies.operations.backtests import ask_for_backtest
from saas.usage.uses import read_quantity
from saas.web.access import costly, requires
from saas.web.pages import Listing, paginate
from saas.web.visit import current_actor

bp = Blueprint("strategies_api", __name__, subdomain="tenant", url_prefix="/api/strategies")
blueprints = (bp,)


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Strategies, 25 a page; ``q``, ``status``, ``kind``, ``sort`` and ``page`` mean what they mean for people."""
    listing = Listing.of_request(queries.SORTABLE, "-updated")
    status, kind = request.args.get("status", ""), request.args.get("kind", "")
    query = queries.find_strategies(q=listing.q, status=status, kind=kind)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    items = [_strategy(strategy) for strategy in page.items]
    return jsonify(items=items, page=page.page, pages=page.pages, total=page.total)


@bp.get("/<uuid:strategy_id>")
@requires(VIEW)
def show(strategy_id: UUID) -> ResponseReturnValue:
    """One strategy with its latest trades."""
    strategy = queries.get_strategy(strategy_id)
    return jsonify({**_strategy(strategy), "latest_trades": strategy.latest})


@bp.post("/<uuid:strategy_id>/backtests")
@requires(RUN)
@costly
def start_backtest(strategy_id: UUID) -> ResponseReturnValue:
    """Ask for a backtest: ``days`` (30, 90, 180 or 365; 90 if not said) and ``capital`` (10000 if not said).

    202, and ``Location`` tells where to see it.
    """
    strategy = queries.get_strategy(strategy_id)
    body = _body()
    days, capital = body.get("days", 90), _amount(body.get("capital", 10_000))
    if isinstance(days, bool) or not isinstance(days, int):
        raise Invalid("Send the days as a whole number.", field="days")
    backtest = ask_for_backtest(strategy, days=days, capital=capital, actor=current_actor())
    location = url_for(".show_backtest", strategy_id=strategy_id, backtest_id=backtest.id)
    return jsonify(_backtest(backtest)), 202, {"Location": location}


@bp.get("/<uuid:strategy_id>/backtests/<uuid:backtest_id>")
@requires(VIEW)
def show_backtest(strategy_id: UUID, backtest_id: UUID) -> ResponseReturnValue:
    """How a backtest is going, or how it went, with the worth at the end of each day."""
    backtest = queries.get_backtest(strategy_id, backtest_id)
    return jsonify({**_backtest(backtest), "outcome": backtest.outcome})


def _body() -> dict[str, Any]:
    """What was sent; nothing at all counts as an object that says nothing."""
    sent = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(sent, dict):
        raise Invalid("Send an object.", field="body")
    return sent


def _amount(value: Any) -> Decimal:
    try:
        return read_quantity(value)
    except Invalid as error:
        raise Invalid("Send the capital as a number.", field="capital") from error


def _strategy(strategy: Strategy) -> dict[str, Any]:
    return {
        "id": str(strategy.id),
        "name": strategy.name,
        "kind": strategy.kind,
        "exchange": {
            "id": str(strategy.exchange_id),
            "venue": strategy.exchange.venue,
            "label": strategy.exchange.label,
        },
        "market": strategy.market,
        "parameters": strategy.parameters,
        "status": strategy.status,
        "trades": strategy.trades,
        "profit": str(strategy.profit),
        "created_at": strategy.created_at.isoformat(),
        "updated_at": strategy.updated_at.isoformat(),
    }


def _backtest(backtest: Backtest) -> dict[str, Any]:
    return {
        "id": str(backtest.id),
        "strategy_id": str(backtest.strategy_id),
        "status": backtest.status,
        "days": backtest.days,
        "capital": str(backtest.capital),
        "message": backtest.message,
        "gain": None if backtest.gain is None else str(backtest.gain),
        "drawdown": None if backtest.drawdown is None else str(backtest.drawdown),
        "trades": backtest.trades,
        "compute_minutes": str(backtest.compute_minutes),
        "storage_mb": str(backtest.storage_mb),
        "queued_at": backtest.queued_at.isoformat(),
        "finished_at": backtest.finished_at.isoformat() if backtest.finished_at else None,
    }
