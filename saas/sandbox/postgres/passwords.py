"""Passwords of the embedded server's logins, in one file that only its owner can read."""

import json
import secrets
from pathlib import Path

from .errors import PostgresError
from .place import write_privately


class Passwords:
    """Login name -> password, kept in a 0600 file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, user: str) -> str | None:
        """The password of `user`, None when there is none; PostgresError when the file is another user's."""
        return self._read().get(user)

    def require(self, user: str) -> str:
        """The password of `user`; PostgresError when it is not known."""
        password = self.get(user)
        if password is None:
            raise PostgresError(f"{self.path} holds no password for the login '{user}'.")
        return password

    def make(self, user: str) -> str:
        """Store and return a new random password for `user`."""
        password = secrets.token_urlsafe(24)
        write_privately(self.path, json.dumps({**self._read(), user: password}, indent=1))
        return password

    def _read(self) -> dict[str, str]:
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise PostgresError(f"{self.path} is not yours: run as the user who made it.") from error
        content: dict[str, str] = json.loads(text)
        return content
