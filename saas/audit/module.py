"""The audit log: what the feature declares."""

from saas.core.module import AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "audit.view",
    "See the audit log",
    sentence="Who did what, from where, and what it changed; searches kept; checks of the log.",
)
EXPORT = Permission("audit.export", "Export the audit log", sentence="Take the log, or a part of it, along as a file.")
CONFIGURE = Permission(
    "audit.configure", "Set up the audit log", sentence="Say who gets the daily seal of the log by mail."
)

READ = AuditEvent("audit.log.read", "read the audit log")
VERIFIED = AuditEvent("audit.log.verified", "had the audit log checked")
EXPORTED = AuditEvent("audit.log.exported", "asked for an export of the audit log")
DOWNLOADED = AuditEvent("audit.export.downloaded", "downloaded an export of the audit log")
BROKEN = AuditEvent("audit.log.broken", "found that the log is not as it was written")
EXPIRED = AuditEvent("audit.entries.expired", "took entries out of the log that were older than it keeps them")
REDACTED = AuditEvent("audit.entries.redacted", "blanked personal data in entries of the log")
HEAD_ACCEPTED = AuditEvent(
    "audit.head.accepted", "accepted that the log of {target} leads on from an earlier state of the database"
)
FILTER_SAVED = AuditEvent("audit.filter.saved", "kept the search {target}")
FILTER_DELETED = AuditEvent("audit.filter.deleted", "deleted the kept search {target}")
MAILS_CHANGED = AuditEvent("audit.mails.changed", "changed who gets the daily seal of the audit log")

module = Module(
    "audit",
    label="Audit log",
    permissions=(VIEW, EXPORT, CONFIGURE),
    events=(
        *(READ, VERIFIED, BROKEN, EXPORTED, DOWNLOADED, EXPIRED, REDACTED, HEAD_ACCEPTED),
        *(FILTER_SAVED, FILTER_DELETED, MAILS_CHANGED),
    ),
    navigation=(NavItem("Audit log", "audit.index", "history", VIEW, section="Organisation", order=800),),
)
