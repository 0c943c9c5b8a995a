"""Organisation: what the feature declares."""

from saas.core.module import ADMINS, Module, NavItem, Permission, Role

CONFIGURE = Permission("organisations.configure", "Change the organisation's settings", ADMINS)
DELETE = Permission("organisations.delete", "Delete the organisation", (Role.OWNER,))

module = Module(
    "organisations",
    label="Organisation",
    permissions=(CONFIGURE, DELETE),
    navigation=(
        NavItem("Settings", "organisations.settings", "settings", CONFIGURE, section="Organisation", order=900),
    ),
)
