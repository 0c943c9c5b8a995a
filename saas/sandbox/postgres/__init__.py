"""PostgreSQL from an installed wheel, without root, Docker or a system service.

    with Server.start(Path("instance/postgres")) as server:
        url = ensure_database(server, "saas")

Linux and macOS; elsewhere set DATABASE_URL. Beside the data folder lie ``.passwords.json`` (0600), ``.log``,
``.lock``, ``.socket.json`` and ``.run`` (0700, the socket), each beginning with the data folder's name.
"""

from .databases import ensure_database
from .errors import PostgresError
from .remove import remove_server
from .server import Server

__all__ = ["PostgresError", "Server", "ensure_database", "remove_server"]
