"""Accounts: what the feature declares."""

from saas.core.module import AuditEvent, Milestone, Module

USER_CREATED = AuditEvent("accounts.user.created", "made an account for {target}")
PROFILE_CHANGED = AuditEvent("accounts.profile.changed", "changed their profile")

SIGNED_IN = AuditEvent("accounts.session.opened", "signed in with {target}")
SIGNED_IN_ON_NEW_DEVICE = AuditEvent(
    "accounts.session.opened_on_new_device", "signed in with {target}, not seen before"
)
SIGN_IN_FAILED = AuditEvent("accounts.session.refused", "failed to sign in as {target}")
SIGNED_OUT = AuditEvent("accounts.session.closed", "signed out of {target}")
SESSION_ENDED = AuditEvent("accounts.session.ended", "ended their sign-in with {target}")
SIGNED_OUT_ELSEWHERE = AuditEvent("accounts.session.others_ended", "signed out everywhere else")
LET_OVER = AuditEvent("accounts.session.let_over", "was let over, signed in, to an address of the organisation")
SESSION_EVENTS = (
    *(SIGNED_IN, SIGNED_IN_ON_NEW_DEVICE, SIGN_IN_FAILED),
    *(SIGNED_OUT, SESSION_ENDED, SIGNED_OUT_ELSEWHERE, LET_OVER),
)

PASSWORD_CONFIRMED = AuditEvent("accounts.password.confirmed", "confirmed their password")
PASSWORD_REFUSED = AuditEvent("accounts.password.refused", "typed a wrong password for {target}")
PASSWORD_CHANGED = AuditEvent("accounts.password.changed", "changed their password")
RESET_ASKED = AuditEvent("accounts.password.reset_asked", "asked for a link to choose a new password for {target}")
PASSWORD_RESET = AuditEvent("accounts.password.reset", "chose a new password by a link from their mailbox")
PASSWORD_EVENTS = (PASSWORD_CONFIRMED, PASSWORD_REFUSED, PASSWORD_CHANGED, RESET_ASKED, PASSWORD_RESET)

VERIFICATION_SENT = AuditEvent("accounts.address.verification_sent", "had a link sent to confirm {target}’s address")
ADDRESS_VERIFIED = AuditEvent("accounts.address.verified", "confirmed {target}’s address")
ADDRESS_CHANGE_ASKED = AuditEvent("accounts.address.change_asked", "asked to use another address")
ADDRESS_CHANGED = AuditEvent("accounts.address.changed", "changed {target}’s address")
ADDRESS_EVENTS = (VERIFICATION_SENT, ADDRESS_VERIFIED, ADDRESS_CHANGE_ASKED, ADDRESS_CHANGED)

FIRST_PROOF = Milestone(
    "accounts.first_proof",
    "Welcome",
    "Your address is confirmed, and everything is open to you.",
    "/getting-started",
    "Get started",
    mail="welcome",
)

module = Module(
    "accounts",
    label="Accounts",
    events=(USER_CREATED, PROFILE_CHANGED, *SESSION_EVENTS, *PASSWORD_EVENTS, *ADDRESS_EVENTS),
    milestones=(FIRST_PROOF,),
)
