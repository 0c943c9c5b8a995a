"""The audit log: reading, sealing, verifying, exporting. Recording is ``saas.core.audit``."""
