"""Strategies in the access table: the rows of their endpoints, and how the objects in their addresses are made."""

from decimal import Decimal
from uuid import UUID

from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.modules.strategies.models import Strategy
from saas.modules.strategies.operations.backtests import ask_for_backtest
from saas.modules.strategies.operations.exchanges import add_exchange
from saas.modules.strategies.operations.strategies import Draft, create_strategy
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

ROWS = """
strategies.add_exchange GET strategies.connect 200
strategies.add_exchange POST strategies.connect 422
strategies.delete POST strategies.delete 303
strategies.delete_backtest POST strategies.run 303
strategies.edit GET strategies.edit 200
strategies.edit POST strategies.edit 422
strategies.export GET strategies.view 200
strategies.index GET strategies.view 200
strategies.list_exchanges GET strategies.view 200
strategies.new GET strategies.edit 200
strategies.new POST strategies.edit 422
strategies.remove_exchange POST strategies.connect 303
strategies.set_status POST strategies.edit 303
strategies.show GET strategies.view 200
strategies.show_backtest GET strategies.view 200
strategies.start_backtest POST strategies.run 422
strategies_api.index GET strategies.view 200
strategies_api.show GET strategies.view 200
strategies_api.show_backtest GET strategies.view 200
strategies_api.start_backtest POST strategies.run 202
"""


@makes("exchange_id")
def exchange(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        return str(add_exchange(venue="kestrel", label="Secret exchange", actor=SYSTEM).id)


@makes("strategy_id")
def strategy(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        place = add_exchange(venue="halyard", label="Hidden exchange", actor=SYSTEM)
        draft = Draft("Secret plan", place.id, "BTC-USD", "moving_average", {"fast": "5", "slow": "20"})
        return str(create_strategy(draft, actor=SYSTEM).id)


@makes("backtest_id")
def backtest(objects: Objects) -> str:
    strategy_id = UUID(objects["strategy_id"])
    with tenant_work(objects.organisation):
        found = db.session.get_one(Strategy, strategy_id)
        return str(ask_for_backtest(found, days=30, capital=Decimal(1000), actor=SYSTEM).id)
