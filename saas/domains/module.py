"""Domains: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission

WHITE_LABEL = "white_label"
"""The feature of a catalogue that has to be in the plan."""

MANAGE = Permission(
    "domains.manage",
    "Manage domains",
    ADMINS,
    "Connect domains of the organisation's own, and decide which of them its pages live on.",
)

CLAIMED = AuditEvent("domains.domain.claimed", "began to connect the domain {target}")
VERIFIED = AuditEvent(
    "domains.domain.verified", "found that the domain {target} belongs to the organisation and points here"
)
MADE_PRIMARY = AuditEvent("domains.domain.made_primary", "moved the organisation's pages to {target}")
UNSET = AuditEvent("domains.domain.unset", "moved the organisation's pages away from {target}")
RELEASED = AuditEvent("domains.domain.released", "released the domain {target}")
FREED = AuditEvent("domains.domain.freed", "let anybody have the domain {target} before its quarantine was over")
ALLOWED = AuditEvent(
    "domains.domain.allowed", "allowed an organisation the domain {target}, which looks like that of another"
)
DISALLOWED = AuditEvent("domains.domain.disallowed", "withdrew an organisation's permission to connect {target}")
FORGOTTEN = AuditEvent("domains.domain.forgotten", "forgot the domain {target}, which was never verified")
FAILING = AuditEvent("domains.domain.failing", "found that the records of {target} are no longer right")
RECOVERED = AuditEvent("domains.domain.recovered", "found that the records of {target} are right again")
DISABLED = AuditEvent("domains.domain.disabled", "switched off the domain {target}, whose records were wrong for days")
LINK_MADE = AuditEvent("domains.link.made", "made a link with the records of {target}")
LINK_ENDED = AuditEvent("domains.link.ended", "ended the link with the records of {target}")

module = Module(
    "domains",
    label="Domains",
    permissions=(MANAGE,),
    events=(
        *(CLAIMED, VERIFIED, MADE_PRIMARY, UNSET, RELEASED, FREED, ALLOWED, DISALLOWED, FORGOTTEN),
        *(FAILING, RECOVERED, DISABLED, LINK_MADE, LINK_ENDED),
    ),
    navigation=(
        NavItem("Domains", "domains.index", "world", MANAGE, section="Organisation", order=905, feature=WHITE_LABEL),
    ),
    features=(WHITE_LABEL,),
)
