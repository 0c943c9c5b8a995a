"""Plans: what the feature declares."""

from saas.core.module import ADMINS, EVERYONE, AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "plans.view", "See the plan", EVERYONE, "What the organisation's plan holds, and what the other plans have instead."
)
CHANGE = Permission(
    "plans.change", "Change the plan", ADMINS, "Move the organisation to another plan, or ask us for one."
)
MODULES = Permission(
    "plans.modules", "Choose the parts of the product", ADMINS, "Switch parts of the product on and off for everybody."
)

CHANGED = AuditEvent("plans.plan.changed", "moved the organisation to the plan {target}")
WANTED = AuditEvent("plans.plan.wanted", "asked for the plan {target}")
CONTACTED = AuditEvent("plans.plan.contacted", "wrote to us about the plan {target}, from the page of prices")
MODULES_CHANGED = AuditEvent("plans.modules.changed", "changed the {target}")
TRIAL_ENDED = AuditEvent("plans.trial.ended", "ended the trial of {target}")
TRIAL_EXTENDED = AuditEvent("plans.trial.extended", "let {target} try its plan for longer")
SUSPENDED = AuditEvent("plans.trial.suspended", "suspended the organisation, which chose no plan after {target}")

module = Module(
    "plans",
    label="Plans",
    permissions=(VIEW, CHANGE, MODULES),
    events=(CHANGED, WANTED, CONTACTED, MODULES_CHANGED, TRIAL_ENDED, TRIAL_EXTENDED, SUSPENDED),
    navigation=(
        NavItem("Plan", "plans.index", "credit-card", VIEW, section="Organisation", order=930),
        NavItem("Parts of the product", "plans.modules", "stack-2", MODULES, section="Organisation", order=940),
    ),
)
