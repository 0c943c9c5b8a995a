"""Where a host can stand. Pure."""

from enum import StrEnum


class HostStatus(StrEnum):
    """Stations of a host. One that fails still answers; one that is disabled does not, and can be verified again."""

    PENDING = "pending"
    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"
