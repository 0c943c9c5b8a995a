"""Take an embedded server away for good."""

import shutil
from pathlib import Path

from .binaries import STATE_FOLDER
from .errors import PostgresError
from .lock import try_lock
from .place import Place, place_of


def remove_server(data_dir: Path) -> None:
    """Delete the data and every file beside them; PostgresError while the server is running."""
    place = place_of(data_dir)
    with try_lock(place) as lock:
        if lock is None:
            raise PostgresError(f"The server over {data_dir} is running: stop it first.")
        _remove(place)


def _remove(place: Place) -> None:
    data = place.data
    if place.link.is_symlink():
        place.link.unlink()
    shutil.rmtree(data.parent if data.parent.parent == STATE_FOLDER else data, ignore_errors=True)
    for ending in (".new", ".run"):
        shutil.rmtree(place.beside(ending), ignore_errors=True)
    for path in (place.passwords, place.socket_note, place.log, place.beside(".log.1"), place.lock):
        path.unlink(missing_ok=True)
