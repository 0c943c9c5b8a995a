"""People: what the feature declares."""

from saas.core.module import ADMINS, EVERYONE, AuditEvent, Module, Permission, Role

VIEW = Permission("members.view", "See people and teams", EVERYONE, "The list of people, their roles and their teams.")
INVITE = Permission(
    "members.invite",
    "Invite people",
    ADMINS,
    "Ask people in by mail, and take invitations back. Nobody can give a role that holds more than their own.",
    in_teams=True,
)
MANAGE = Permission(
    "members.manage",
    "Manage people",
    ADMINS,
    "Change roles, give extra permissions, deactivate and remove people who hold no more than oneself.",
)
ROLES = Permission(
    "members.roles", "Compose roles", (Role.OWNER,), "Make roles of the organisation's own and change them."
)
TRANSFER = Permission(
    "members.transfer", "Hand over the ownership", (Role.OWNER,), "Offer the ownership to somebody else."
)
TEAMS = Permission(
    "members.teams",
    "Manage teams",
    ADMINS,
    "Make, rename, move and delete teams, and say who is in them.",
    in_teams=True,
)

module = Module(
    "members",
    label="People",
    permissions=(VIEW, INVITE, MANAGE, ROLES, TRANSFER, TEAMS),
    events=(
        AuditEvent("members.role.created", "made the role {target}"),
        AuditEvent("members.role.changed", "changed the role {target}"),
        AuditEvent("members.role.deleted", "deleted the role {target}"),
    ),
)
