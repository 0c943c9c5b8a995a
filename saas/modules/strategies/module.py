"""Strategies: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "strategies.view",
    "See strategies and their backtests",
    EVERYONE,
    "All exchanges and strategies, how backtests went and what live strategies traded.",
)
EDIT = Permission(
    "strategies.edit",
    "Make and change strategies",
    MEMBERS,
    "Make strategies, change what they do, set them live and pause them.",
)
RUN = Permission("strategies.run", "Run backtests", MEMBERS, "Try strategies on the past, and delete such tries.")
CONNECT = Permission(
    "strategies.connect", "Manage exchanges", sentence="Add exchanges to trade on, and remove those that nothing uses."
)
DELETE = Permission(
    "strategies.delete", "Delete strategies", sentence="Delete strategies with all of their backtests and trades."
)

EXCHANGE_ADDED = AuditEvent("strategies.exchange.added", "added the exchange {target}")
EXCHANGE_REMOVED = AuditEvent("strategies.exchange.removed", "removed the exchange {target}")
CREATED = AuditEvent("strategies.strategy.created", "made the strategy {target}")
CHANGED = AuditEvent("strategies.strategy.changed", "changed the strategy {target}")
DELETED = AuditEvent("strategies.strategy.deleted", "deleted the strategy {target}")
ASKED = AuditEvent("strategies.backtest.asked", "asked for a backtest of {target}")
FINISHED = AuditEvent("strategies.backtest.finished", "ended a backtest of {target}")
BACKTEST_DELETED = AuditEvent("strategies.backtest.deleted", "deleted a backtest of {target}")
TRADED = AuditEvent("strategies.trade.made", "traded with {target}")

NAME = "strategies"
ADVANCED = "advanced_strategies"
"""The feature of the catalogue that opens the advanced kinds."""

module = Module(
    NAME,
    label="Strategies",
    permissions=(VIEW, EDIT, RUN, CONNECT, DELETE),
    events=(
        EXCHANGE_ADDED,
        EXCHANGE_REMOVED,
        CREATED,
        CHANGED,
        DELETED,
        ASKED,
        FINISHED,
        BACKTEST_DELETED,
        TRADED,
    ),
    navigation=(NavItem("Strategies", "strategies.index", "robot", VIEW, order=26),),
    meters=("exchanges", "strategies", "backtests_run", "compute_minutes", "trades", "storage_mb"),
    features=(ADVANCED,),
    sentence="Let rules trade on exchanges, and try them on the past first.",
)
