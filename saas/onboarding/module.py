"""Onboarding: what the feature declares."""

from saas.core.module import AuditEvent, Module

FOUNDED = AuditEvent("onboarding.organisation.founded", "founded the organisation {target}")
ORGANISATIONS_ASKED = AuditEvent("onboarding.organisations.asked", "asked for the organisations that know an address")
CHECKLIST_HIDDEN = AuditEvent("onboarding.checklist.hidden", "put the list of first steps away")
CHECKLIST_SHOWN = AuditEvent("onboarding.checklist.shown", "brought the list of first steps back")
GUIDED = AuditEvent("onboarding.mail.sent", "sent {target} a mail on getting started")
TIPS_DECLINED = AuditEvent("onboarding.mail.declined", "asked for no more mail on getting started")
TIPS_WANTED = AuditEvent("onboarding.mail.wanted", "asked for mail on getting started")

module = Module(
    "onboarding",
    label="Onboarding",
    events=(
        *(FOUNDED, ORGANISATIONS_ASKED, CHECKLIST_HIDDEN, CHECKLIST_SHOWN),
        *(GUIDED, TIPS_DECLINED, TIPS_WANTED),
    ),
    brandable=True,
)
