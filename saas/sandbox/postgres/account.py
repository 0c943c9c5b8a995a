"""Which operating system account the server's processes run as."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PostgresError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An account by numbers; ``dropped`` is true when it is not the one this process runs as."""

    uid: int
    gid: int
    dropped: bool

    @property
    def name(self) -> str:
        """The account's name, or its number when the system knows no name for it."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments with which ``subprocess`` starts a program under this account."""
        if not self.dropped:
            return {"umask": 0o077}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def can_enter(self, folder: Path) -> bool:
        """Whether a process of this account may go into `folder`: tried, for it may depend on ACLs.

        PostgresError when no process can be started as this account.
        """
        command = ["/bin/sh", "-c", 'cd -- "$1" 2>/dev/null', "sh", str(folder)]
        try:
            done = subprocess.run(command, cwd="/", check=False, **self.popen_options())
        except OSError as error:
            raise PostgresError(
                f"Programs cannot be started as '{self.name}', which PostgreSQL needs when run by root "
                f"({error.strerror}): run as an ordinary user, or set DATABASE_URL."
            ) from error
        return done.returncode == 0

    def give(self, path: Path) -> None:
        """Make `path` this account's own."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)


def server_account(data_dir: Path) -> Account:
    """The account for the server over `data_dir`: our own; as root, the data's owner or an unprivileged one.

    Raises PostgresError when the data belong to someone else.
    """
    owner = data_dir.stat() if data_dir.exists() else None
    uid = os.geteuid()
    if uid != 0:
        if owner and owner.st_uid != uid:
            raise PostgresError(
                f"{data_dir} belongs to {Account(owner.st_uid, owner.st_gid, True).name}, not to you: "
                "run as that user (or as root), or remove the folder to begin with an empty database."
            )
        return Account(uid, os.getegid(), dropped=False)
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, dropped=True)
    return _unprivileged()


def _unprivileged() -> Account:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, dropped=True)
    raise PostgresError(
        "PostgreSQL does not run as root and there is no user 'postgres' or 'nobody' to run it as: "
        "create one, or run as an ordinary user."
    )
