"""People: what the feature declares."""

from saas.core.module import ADMINS, EVERYONE, AuditEvent, Module, NavItem, Permission, Role

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

TEAM_CREATED = AuditEvent("members.team.created", "made the team {target}")
TEAM_RENAMED = AuditEvent("members.team.renamed", "renamed the team {target}")
TEAM_DESCRIBED = AuditEvent("members.team.described", "described the team {target} anew")
TEAM_MOVED = AuditEvent("members.team.moved", "moved the team {target}")
TEAM_DELETED = AuditEvent("members.team.deleted", "deleted the team {target}")
MEMBER_ADDED = AuditEvent("members.team.member_added", "put {person} into the team {target}")
MEMBER_REMOVED = AuditEvent("members.team.member_removed", "took {person} out of the team {target}")
LEAD_GIVEN = AuditEvent("members.team.lead_given", "made {person} lead the team {target}")
LEAD_TAKEN = AuditEvent("members.team.lead_taken", "ended the lead of {person} in the team {target}")
TEAM_EVENTS = (
    *(TEAM_CREATED, TEAM_RENAMED, TEAM_DESCRIBED, TEAM_MOVED, TEAM_DELETED),
    *(MEMBER_ADDED, MEMBER_REMOVED, LEAD_GIVEN, LEAD_TAKEN),
)

ROLE_CREATED = AuditEvent("members.role.created", "made the role {target}")
ROLE_CHANGED = AuditEvent("members.role.changed", "changed the role {target}")
ROLE_DELETED = AuditEvent("members.role.deleted", "deleted the role {target}")
PERSON_ROLE_CHANGED = AuditEvent("members.member.role_changed", "changed the role of {target}")
PERSON_DEACTIVATED = AuditEvent("members.member.deactivated", "deactivated {target}")
PERSON_REACTIVATED = AuditEvent("members.member.reactivated", "reactivated {target}")
PERSON_REMOVED = AuditEvent("members.member.removed", "removed {target}")
PERSON_LEFT = AuditEvent("members.member.left", "left the organisation")
GRANT_GIVEN = AuditEvent("members.grant.given", "gave {target} an extra permission")
GRANT_TAKEN = AuditEvent("members.grant.taken", "took an extra permission from {target}")
OWNERSHIP_OFFERED = AuditEvent("members.ownership.offered", "offered the ownership to {target}")
OWNERSHIP_ACCEPTED = AuditEvent("members.ownership.accepted", "accepted the ownership from {target}")
OWNERSHIP_DECLINED = AuditEvent("members.ownership.declined", "declined the ownership offered by {target}")
OWNERSHIP_CANCELLED = AuditEvent("members.ownership.cancelled", "took the offer of the ownership to {target} back")
OWNERSHIP_WITHDRAWN = AuditEvent("members.ownership.withdrawn", "ended the offer of the ownership to {target}")
OWNERSHIP_EXPIRED = AuditEvent("members.ownership.expired", "closed the expired offer of the ownership to {target}")
PEOPLE_EVENTS = (
    *(ROLE_CREATED, ROLE_CHANGED, ROLE_DELETED, GRANT_GIVEN, GRANT_TAKEN),
    *(PERSON_ROLE_CHANGED, PERSON_DEACTIVATED, PERSON_REACTIVATED, PERSON_REMOVED, PERSON_LEFT),
    *(OWNERSHIP_OFFERED, OWNERSHIP_ACCEPTED, OWNERSHIP_DECLINED, OWNERSHIP_CANCELLED),
    *(OWNERSHIP_WITHDRAWN, OWNERSHIP_EXPIRED),
)

CONFIGURE = Permission("organisations.configure", "Change the organisation's settings")
"""Declared by the organisation's settings, which stand above; the e-mail domains ask for it."""

INVITATION_SENT = AuditEvent("members.invitation.sent", "invited {target}")
INVITATION_RESENT = AuditEvent("members.invitation.resent", "invited {target} once more")
INVITATION_CHANGED = AuditEvent("members.invitation.changed", "changed the invitation of {target}")
INVITATION_REVOKED = AuditEvent("members.invitation.revoked", "took the invitation of {target} back")
INVITATION_ACCEPTED = AuditEvent("members.invitation.accepted", "accepted the invitation of {target}")
INVITATION_REFUSED = AuditEvent("members.invitation.refused", "could not accept the invitation of {target}")
INVITATION_EXPIRED = AuditEvent("members.invitation.expired", "closed the expired invitation of {target}")
INVITATION_SETTLED = AuditEvent(
    "members.invitation.settled", "closed the invitation of {target}, who came in otherwise"
)
REQUEST_MADE = AuditEvent("members.request.made", "asked to let {target} join")
REQUEST_APPROVED = AuditEvent("members.request.approved", "let {target} join")
REQUEST_DECLINED = AuditEvent("members.request.declined", "declined to let {target} join")
REQUEST_EXPIRED = AuditEvent("members.request.expired", "closed the unanswered request of {target}")
REQUEST_SETTLED = AuditEvent("members.request.settled", "closed the request of {target}, who came in otherwise")
DOMAIN_ADDED = AuditEvent("members.domain.added", "added the e-mail domain {target}")
DOMAIN_CHANGED = AuditEvent("members.domain.changed", "changed how people with an address at {target} join")
DOMAIN_REMOVED = AuditEvent("members.domain.removed", "removed the e-mail domain {target}")
MEMBER_JOINED = AuditEvent("members.member.joined", "joined by the e-mail domain {target}")
JOINING_EVENTS = (
    *(INVITATION_SENT, INVITATION_RESENT, INVITATION_CHANGED),
    *(INVITATION_REVOKED, INVITATION_ACCEPTED, INVITATION_REFUSED),
    *(INVITATION_EXPIRED, INVITATION_SETTLED),
    *(REQUEST_MADE, REQUEST_APPROVED, REQUEST_DECLINED, REQUEST_EXPIRED, REQUEST_SETTLED),
    *(DOMAIN_ADDED, DOMAIN_CHANGED, DOMAIN_REMOVED, MEMBER_JOINED),
)

module = Module(
    "members",
    label="People",
    permissions=(VIEW, INVITE, MANAGE, ROLES, TRANSFER, TEAMS),
    events=(*PEOPLE_EVENTS, *TEAM_EVENTS, *JOINING_EVENTS),
    navigation=(
        NavItem("People", "members.index", "users", VIEW, section="Organisation", order=700),
        NavItem("Teams", "teams.index", "sitemap", VIEW, section="Organisation", order=710),
    ),
)
