"""Dashboard: what the feature declares."""

from saas.core.module import Module, NavItem

module = Module(
    "dashboard",
    label="Dashboard",
    navigation=(NavItem("Home", "dashboard.index", "home", order=0),),
    brandable=True,
)
