"""People: operations, one file for each part."""

from saas.members.operations.vouching import holdings

__all__ = ["holdings"]
