"""API keys: what the feature declares."""

from saas.core.module import ADMINS, AuditEvent, Module, NavItem, Permission

MANAGE = Permission(
    "keys.manage",
    "Manage API keys",
    ADMINS,
    "Make keys for programs, renew and revoke them. Nobody can give a key more than they hold themselves.",
)

KEY_CREATED = AuditEvent("keys.key.created", "made the API key {target}")
KEY_ROTATED = AuditEvent("keys.key.rotated", "renewed the secret of the API key {target}")
GRACE_ENDED = AuditEvent("keys.key.grace_ended", "ended the former secret of the API key {target}")
KEY_REVOKED = AuditEvent("keys.key.revoked", "revoked the API key {target}")
KEY_EXPIRED = AuditEvent("keys.key.expired", "let the API key {target} expire")

module = Module(
    "keys",
    label="API keys",
    permissions=(MANAGE,),
    events=(KEY_CREATED, KEY_ROTATED, GRACE_ENDED, KEY_REVOKED, KEY_EXPIRED),
    navigation=(NavItem("API keys", "keys.index", "key", MANAGE, section="Organisation", order=820),),
)
