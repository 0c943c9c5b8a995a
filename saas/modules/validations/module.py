"""Validations: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, AuditEvent, Module, NavItem, Permission

VIEW = Permission(
    "validations.view",
    "See validations",
    EVERYONE,
    "All documents that were checked, what was found in them, and the figures made of that.",
)
RUN = Permission(
    "validations.run", "Check documents", MEMBERS, "Check documents against the rule sets that the plan has."
)
GATES = Permission(
    "validations.gates",
    "Manage custom gates",
    sentence="Make, change and delete the phrases that the organisation's documents must hold or must not hold.",
)
DELETE = Permission(
    "validations.delete", "Delete validations", sentence="Delete checked documents with what was found in them."
)

CHECKED = AuditEvent("validations.validation.checked", "checked the document {target}")
DELETED = AuditEvent("validations.validation.deleted", "deleted the checked document {target}")
GATE_CREATED = AuditEvent("validations.gate.created", "made the custom gate {target}")
GATE_CHANGED = AuditEvent("validations.gate.changed", "changed the custom gate {target}")
GATE_DELETED = AuditEvent("validations.gate.deleted", "deleted the custom gate {target}")

METER = "validations"
CUSTOM_GATES = "custom_gates"
"""The feature of the catalogue that lets an organisation have gates of its own. Each rule set is a feature as well."""

module = Module(
    "validations",
    label="Validations",
    permissions=(VIEW, RUN, GATES, DELETE),
    events=(CHECKED, DELETED, GATE_CREATED, GATE_CHANGED, GATE_DELETED),
    navigation=(NavItem("Validations", "validations.index", "shield-check", VIEW, order=24),),
    meters=(METER,),
    features=("fca_uk", "gdpr_uk", "tax_uk", "nda_uk", "hr_scottish", CUSTOM_GATES),
    sentence="Check documents against rule sets before they leave the house.",
)
