"""Workflows: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, Module, NavItem, Permission

VIEW = Permission("workflows.view", "See workflows and their runs", EVERYONE)
EDIT = Permission("workflows.edit", "Make and change workflows", MEMBERS)
RUN = Permission("workflows.run", "Run workflows", MEMBERS)
DELETE = Permission("workflows.delete", "Delete workflows")

module = Module(
    "workflows",
    label="Workflows",
    permissions=(VIEW, EDIT, RUN, DELETE),
    navigation=(NavItem("Workflows", "workflows.index", "git-branch", VIEW, order=20),),
)
