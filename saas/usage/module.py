"""Usage: what the feature declares."""

from saas.core.module import ADMINS, EVERYONE, MEMBERS, AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "usage.view", "See usage", EVERYONE, "What is used, what the plan allows, and how it went over the months."
)
COSTS = Permission(
    "usage.costs", "See events and costs", ADMINS, "Every event with its cost, who uses most, downloads of all of it."
)
TRACK = Permission("usage.track", "Record usage", MEMBERS, "Report use from programs, one event or many at a time.")
BUDGET = Permission("usage.budget", "Set the budget", ADMINS, "A monthly sum for use beyond the plan, with warnings.")

LIMIT_NEAR = AuditEvent("usage.limit.near", "warned that {target} is nearly used up")
LIMIT_REACHED = AuditEvent("usage.limit.reached", "warned that {target} is used up")
BUDGET_NEAR = AuditEvent("usage.budget.near", "warned that the {target} is nearly spent")
BUDGET_SPENT = AuditEvent("usage.budget.spent", "warned that the {target} is spent")
BUDGET_CHANGED = AuditEvent("usage.budget.changed", "changed the {target}")
REBUILT = AuditEvent("usage.totals.rebuilt", "added up all usage anew")

module = Module(
    "usage",
    label="Usage",
    brandable=True,
    permissions=(VIEW, COSTS, TRACK, BUDGET),
    events=(LIMIT_NEAR, LIMIT_REACHED, BUDGET_NEAR, BUDGET_SPENT, BUDGET_CHANGED, REBUILT),
    navigation=(NavItem("Usage", "usage.index", "chart-bar", VIEW, order=40),),
)
