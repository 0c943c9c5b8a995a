"""Organisation: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission, Role

CONFIGURE = Permission(
    "organisations.configure",
    "Change the organisation's settings",
    ADMINS,
    "Its name, time zone, formats, support address and the address of its pages, and which e-mail domains are its own.",
)
DELETE = Permission(
    "organisations.delete",
    "Delete the organisation",
    (Role.OWNER,),
    "Close the organisation for everybody. It is removed with all its data when its days of grace are over.",
)
SECURITY = Permission(
    "organisations.security",
    "Set the security policy",
    ADMINS,
    "How long sign-ins hold, in which ways people sign in, and from which networks they may come.",
)

POLICY_CHANGED = AuditEvent("organisations.policy.changed", "changed the security policy")
CLOSED = AuditEvent("organisations.organisation.closed", "closed the organisation")

module = Module(
    "organisations",
    label="Organisation",
    permissions=(CONFIGURE, DELETE, SECURITY),
    events=(POLICY_CHANGED, CLOSED),
    navigation=(
        NavItem("Settings", "organisations.settings", "settings", CONFIGURE, section="Organisation", order=900),
        NavItem("Security", "security.show", "shield-lock", SECURITY, section="Organisation", order=910),
    ),
)
