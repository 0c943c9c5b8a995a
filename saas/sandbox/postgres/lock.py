"""The lock that tells whether any process of a server is alive."""

import contextlib
import os
from collections.abc import Iterator

from saas.sandbox.lock import take

from .errors import PostgresError
from .place import Place


@contextlib.contextmanager
def try_lock(place: Place) -> Iterator[int | None]:
    """The locked descriptor, or None when a process holds the lock.

    A child that inherits the descriptor keeps the lock after the block, until it ends.
    """
    try:
        lock = os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise PostgresError(f"{place.lock} is not yours: run as the user who made it.") from error
    try:
        yield lock if take(lock) else None
    finally:
        os.close(lock)
