"""Certificates: what the feature declares."""

from saas.core.module import AuditEvent, Module

ISSUED = AuditEvent("certificates.certificate.issued", "got a certificate for {target}")
FAILED = AuditEvent("certificates.certificate.failed", "got no certificate for {target}")

module = Module("certificates", label="Certificates", events=(ISSUED, FAILED))
