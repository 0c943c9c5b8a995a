"""The pages of strategies."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_id
from saas.modules.strategies import queries
from saas.modules.strategies.forms import BacktestForm, ExchangeForm, StrategyForm, form_of
from saas.modules.strategies.kinds import KINDS, PERIODS, VENUES, describe
from saas.modules.strategies.models import Strategy
from saas.modules.strategies.module import CONNECT, DELETE, EDIT, RUN, VIEW
from saas.modules.strategies.operations import backtests, exchanges, strategies
from saas.modules.strategies.shown import equity_chart, offered_kinds, room_of
from saas.web.access import costly, requires
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate, redirect_with
from saas.web.visit import current_actor, current_entry

bp = Blueprint("strategies", __name__, subdomain="tenant", url_prefix="/strategies", template_folder="templates")
blueprints = (bp,)

STATUSES = {"draft": "Draft", "live": "Live", "paused": "Paused"}


@bp.context_processor
def vocabulary() -> dict[str, Any]:
    """What the templates of this module may name."""
    return {
        "kinds": KINDS,
        "statuses": STATUSES,
        "venues": VENUES,
        "periods": PERIODS,
        "describe": describe,
        "moment": datetime.fromisoformat,
    }


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """All strategies."""
    listing, status, kind = _listing()
    query = queries.find_strategies(q=listing.q, status=status, kind=kind)
    page = paginate(listing.ordered(query, queries.SORTABLE), listing.page)
    latest = queries.latest_gains(strategy.id for strategy in page.items)
    room = room_of("strategies", queries.count_strategies())
    return render_template(
        "strategies/index.html", page=page, listing=listing, status=status, kind=kind, latest=latest, room=room
    )


@bp.get("/export.csv")
@requires(VIEW)
def export() -> ResponseReturnValue:
    """The same list as CSV, all pages of it; moments in UTC."""
    listing, status, kind = _listing()
    query = queries.find_strategies(q=listing.q, status=status, kind=kind)

    def batches() -> Iterator[list[tuple[Any, ...]]]:
        for batch in listing.batches(query, queries.SORTABLE):
            yield [_row(strategy) for strategy in batch]

    head = ("Name", "Kind", "Exchange", "Market", "Parameters", "Status", "Trades", "Profit", "Created", "Changed")
    return csv_response("strategies.csv", head, batches, current_entry())


def _row(one: Strategy) -> tuple[Any, ...]:
    moments = (moment.isoformat(timespec="seconds") for moment in (one.created_at, one.updated_at))
    kind, told = KINDS[one.kind].label, describe(one.kind, one.parameters)
    return one.name, kind, one.exchange.name, one.market, told, one.status, one.trades, one.profit, *moments


def _listing() -> tuple[Listing, str, str]:
    listing = Listing.of_request(queries.SORTABLE, "-updated")
    return listing, request.args.get("status", ""), request.args.get("kind", "")


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Choose a kind of strategy, then say what it should do."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        room = room_of("strategies", queries.count_strategies())
        page = render_template("strategies/choose.html", offered=offered_kinds(), room=room)
        return page, 200 if request.method == "GET" else 422
    strategies.check_kind(kind)
    form = form_of(kind).fill(queries.list_exchanges())
    if form.submitted():
        try:
            strategy = strategies.create_strategy(form.draft(), actor=current_actor())
            return redirect_with("The strategy is ready. Try it on the past first.", ".show", strategy_id=strategy.id)
        except Invalid as error:
            form.refuse(error)
    return _form(form)


@bp.route("/<uuid:strategy_id>/edit", methods=["GET", "POST"])
@requires(EDIT)
def edit(strategy_id: UUID) -> ResponseReturnValue:
    """Change a strategy."""
    strategy = queries.get_strategy(strategy_id, to_change=request.method == "POST")
    form = form_of(strategy.kind).fill(queries.list_exchanges(), strategy)
    if form.submitted():
        try:
            version = form.version.data or ""
            strategies.change_strategy(strategy, form.draft(), version=version, actor=current_actor())
            return redirect_with("Your changes are saved.", ".show", strategy_id=strategy.id)
        except Invalid as error:
            form.refuse(error)
        except Conflict as conflict:
            form.overtaken(conflict.message, strategy)
    return _form(form, strategy)


def _form(form: StrategyForm, strategy: Strategy | None = None) -> ResponseReturnValue:
    page = render_template("strategies/form.html", form=form, strategy=strategy, kind=KINDS[form.kind])
    return page, 422 if form.errors else 200


@bp.get("/<uuid:strategy_id>")
@requires(VIEW)
def show(strategy_id: UUID) -> ResponseReturnValue:
    """A strategy: what it does, how it did on the past, what it trades now."""
    return _show(queries.get_strategy(strategy_id), BacktestForm(number=str(new_id())))


def _show(strategy: Strategy, form: BacktestForm) -> ResponseReturnValue:
    listing = Listing.of_request(queries.BACKTESTS_SORTABLE, "-queued")
    tries = paginate(listing.ordered(queries.find_backtests(strategy.id), queries.BACKTESTS_SORTABLE), listing.page)
    latest = queries.latest_backtest(strategy.id)
    chart = equity_chart(latest) if latest else None
    page = render_template(
        "strategies/show.html",
        strategy=strategy,
        listing=listing,
        tries=tries,
        latest=latest,
        chart=chart,
        form=form,
        kind=KINDS[strategy.kind],
    )
    return page, 422 if form.errors else 200


@bp.post("/<uuid:strategy_id>/status")
@requires(EDIT)
def set_status(strategy_id: UUID) -> ResponseReturnValue:
    """Set a strategy live, or pause it."""
    strategy = queries.get_strategy(strategy_id, to_change=True)
    try:
        strategies.set_status(strategy, request.form.get("status", ""), actor=current_actor())
    except Invalid as error:
        return redirect_with(error.message, ".show", "warning", strategy_id=strategy_id)
    said = {"live": "is live and trades from the next hour on", "paused": "is paused"}.get(
        strategy.status, "is a draft"
    )
    return redirect_with(f"“{strategy.name}” {said}.", ".show", strategy_id=strategy_id)


@bp.post("/<uuid:strategy_id>/delete")
@requires(DELETE)
def delete(strategy_id: UUID) -> ResponseReturnValue:
    """Delete a strategy with its backtests."""
    strategy = queries.get_strategy(strategy_id, to_change=True)
    strategies.delete_strategy(strategy, actor=current_actor())
    return redirect_with(f"“{strategy.name}” is deleted.", ".index")


@bp.post("/<uuid:strategy_id>/backtests")
@requires(RUN)
@costly
def start_backtest(strategy_id: UUID) -> ResponseReturnValue:
    """Try a strategy on the past and watch."""
    strategy, form = queries.get_strategy(strategy_id), BacktestForm.of_request(number=str(new_id()))
    if form.submitted():
        assert form.capital.data is not None
        try:
            made = backtests.ask_for_backtest(
                strategy,
                days=int(form.days.data),
                capital=form.capital.data,
                number=form.number.chosen,
                actor=current_actor(),
            )
            return redirect_with(
                "The backtest has started.", ".show_backtest", strategy_id=strategy_id, backtest_id=made.id
            )
        except Invalid as error:
            form.refuse(error)
    return _show(strategy, form)


@bp.get("/<uuid:strategy_id>/backtests/<uuid:backtest_id>")
@requires(VIEW)
def show_backtest(strategy_id: UUID, backtest_id: UUID) -> ResponseReturnValue:
    """How a strategy did on the past; the page asks again by itself until the backtest has ended."""
    strategy, backtest = queries.get_strategy(strategy_id), queries.get_backtest(strategy_id, backtest_id)
    chart = equity_chart(backtest) if backtest.outcome else None
    return render_template("strategies/backtest.html", strategy=strategy, backtest=backtest, chart=chart)


@bp.post("/<uuid:strategy_id>/backtests/<uuid:backtest_id>/delete")
@requires(RUN)
def delete_backtest(strategy_id: UUID, backtest_id: UUID) -> ResponseReturnValue:
    """Delete a backtest."""
    strategy, backtest = queries.get_strategy(strategy_id), queries.get_backtest(strategy_id, backtest_id)
    backtests.delete_backtest(backtest, strategy, actor=current_actor())
    return redirect_with("The backtest is deleted, and its storage is free again.", ".show", strategy_id=strategy_id)


@bp.get("/exchanges")
@requires(VIEW)
def list_exchanges() -> ResponseReturnValue:
    """The exchanges that strategies can trade on."""
    found = queries.list_exchanges()
    room, trading = room_of("exchanges", len(found)), queries.strategies_by_exchange()
    return render_template("strategies/exchanges.html", exchanges=found, room=room, trading=trading)


@bp.route("/exchanges/new", methods=["GET", "POST"])
@requires(CONNECT)
def add_exchange() -> ResponseReturnValue:
    """Add an exchange."""
    form = ExchangeForm.of_request()
    if form.submitted():
        try:
            added = exchanges.add_exchange(
                venue=form.venue.data or "", label=form.label.data or "", actor=current_actor()
            )
            return redirect_with(f"{added.name} is connected.", ".list_exchanges")
        except Invalid as error:
            form.refuse(error)
    room = room_of("exchanges", queries.count_exchanges())
    return render_template("strategies/add_exchange.html", form=form, room=room), 422 if form.errors else 200


@bp.post("/exchanges/<uuid:exchange_id>/remove")
@requires(CONNECT)
def remove_exchange(exchange_id: UUID) -> ResponseReturnValue:
    """Remove an exchange that nothing trades on."""
    exchange = queries.get_exchange(exchange_id, to_change=True)
    try:
        exchanges.remove_exchange(exchange, actor=current_actor())
    except Conflict as conflict:
        return redirect_with(conflict.message, ".list_exchanges", "warning")
    return redirect_with(f"{exchange.name} is removed.", ".list_exchanges")
