"""Locks on open files, which the kernel opens when their holders are gone, however they ended."""

import fcntl


def take(descriptor: int) -> bool:
    """Lock an open file until every process that has this descriptor has closed it; False when somebody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
