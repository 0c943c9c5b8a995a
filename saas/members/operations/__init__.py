"""People: operations, one file for each part."""

from saas.members.operations.people import holdings

__all__ = ["holdings"]
