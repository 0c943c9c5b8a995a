"""Where the data live, and which account serves them."""

import tempfile
from pathlib import Path

from .account import Account, server_account
from .binaries import system_folder
from .errors import PostgresError
from .place import Place


def settle(place: Place) -> Account:
    """Decide both; permissions of existing folders stay as they are. Only for the holder of the lock.

    As root, when the unprivileged account cannot enter the parent folder (a checkout in a 0700 ``/root``),
    the data live below ``/var/lib/saas-embedded-postgres`` and the data folder is a symbolic link to them.
    PostgresError when existing data cannot be served.
    """
    account = server_account(place.link)
    if place.link.is_symlink() and not place.link.exists():
        place.link.unlink()
    if place.link.exists():
        _check_entry(place, account)
    elif not account.can_enter(place.link.parent):
        _link_to_system_folder(place, account)
    return account


def _check_entry(place: Place, account: Account) -> None:
    if not account.can_enter(place.data):
        raise PostgresError(
            f"The server runs as '{account.name}', who cannot enter {place.data}: let that user pass its "
            "parent folders, or remove the folder to begin with an empty database."
        )


def _link_to_system_folder(place: Place, account: Account) -> None:
    home = Path(tempfile.mkdtemp(prefix="data-", dir=system_folder()))
    account.give(home)
    place.link.symlink_to(home / place.link.name)
