"""What stands here and counts, exchanges and strategies; and what is under way: strategies that trade."""

from sqlalchemy import func, select

from saas.core.database import db
from saas.modules.strategies.models import Status, Strategy
from saas.modules.strategies.queries import count_exchanges, count_strategies

standing = {"exchanges": count_exchanges, "strategies": count_strategies}


def underway() -> int:
    """How many strategies are live."""
    return db.session.scalar(select(func.count()).where(Strategy.status == Status.LIVE)) or 0
