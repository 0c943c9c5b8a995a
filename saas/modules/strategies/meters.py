"""What stands here and counts: exchanges and strategies."""

from saas.modules.strategies.queries import count_exchanges, count_strategies

standing = {"exchanges": count_exchanges, "strategies": count_strategies}
