"""The files of one embedded server, all named after its data folder."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .errors import PostgresError

SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 100
"""Bytes; Linux allows 107 and macOS 103."""


@dataclass(frozen=True)
class Place:
    """Paths beside `link`, the data folder as the caller names it (as root perhaps a symbolic link)."""

    link: Path

    def beside(self, ending: str) -> Path:
        """The file or folder next to the data folder that carries its name and `ending`."""
        return self.link.with_name(self.link.name + ending)

    @property
    def data(self) -> Path:
        """The real data folder."""
        return self.link.resolve()

    @property
    def passwords(self) -> Path:
        """Passwords of the logins, readable by their owner only."""
        return self.beside(".passwords.json")

    @property
    def log(self) -> Path:
        """What the server writes; the former one, when long, is kept as ``.log.1``."""
        return self.beside(".log")

    @property
    def lock(self) -> Path:
        """Locked by every process of the running server, so free exactly when none of them is left."""
        return self.beside(".lock")

    @property
    def socket_note(self) -> Path:
        """Remembers the folder of the socket."""
        return self.beside(".socket.json")

    def socket_folder(self) -> Path:
        """The remembered folder of the socket; FileNotFoundError before the first start."""
        return Path(json.loads(self.socket_note.read_text())["folder"])

    def make_socket_folder(self, account: Account) -> Path:
        """A 0700 folder of `account`, short enough for a socket's path, remembered in the note."""
        beside = self.link if account.can_enter(self.link.parent) else self.data
        folder = beside.with_name(self.link.name + ".run")
        if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
            folder.mkdir(mode=0o700, exist_ok=True)
        else:
            folder = self._remembered_short_folder(account) or _short_folder()
        account.give(folder)
        for leftover in (folder / SOCKET, folder / (SOCKET + ".lock")):
            leftover.unlink(missing_ok=True)
        write_privately(self.socket_note, json.dumps({"folder": str(folder)}))
        return folder

    def remove_short_socket_folder(self) -> None:
        """Remove the socket's folder when it lies in the shared temporary folder."""
        folder = self.socket_folder()
        if folder.parent not in (self.data.parent, self.link.parent):
            shutil.rmtree(folder, ignore_errors=True)

    def _remembered_short_folder(self, account: Account) -> Path | None:
        try:
            folder = self.socket_folder()
            status = folder.lstat()
        except (OSError, ValueError, KeyError):
            return None
        safe = status.st_uid == account.uid and status.st_mode & 0o177777 == 0o040700
        return folder if safe and len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET else None


def place_of(data_dir: Path) -> Place:
    """The place named by `data_dir`; its parent folder is made when missing."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    return Place(data_dir.parent.resolve() / data_dir.name)


def write_privately(path: Path, text: str) -> None:
    """Replace `path`, in one step, by a file that only its owner can read; root keeps a former owner."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    if os.geteuid() == 0 and path.exists():
        former = path.stat()
        os.chown(name, former.st_uid, former.st_gid)
    os.replace(name, path)


def _short_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="saas-pg-"))
    if len(os.fsencode(folder / SOCKET)) > LONGEST_SOCKET:
        folder.rmdir()
        raise PostgresError("The path of the temporary folder is too long for a socket: set TMPDIR.")
    return folder
