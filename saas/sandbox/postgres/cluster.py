"""The data folder: made once, checked at every start."""

import shutil
import subprocess
from pathlib import Path

from .account import Account
from .binaries import MAJOR
from .errors import PostgresError
from .passwords import Passwords
from .place import Place, write_privately

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def make_ready(place: Place, account: Account, tree: Path, *, sync: bool) -> None:
    """Make the data folder when it is missing; else check its version and clear what a killed server left.

    Only for the holder of the lock: then a pid file is stale for certain. PostgresError says what is wrong.
    """
    passwords = Passwords(place.passwords)
    version = place.data / "PG_VERSION"
    if not place.data.exists():
        _initialise(place, account, tree, passwords, sync=sync)
    elif not version.exists():
        raise PostgresError(f"{place.data} is not a PostgreSQL data folder: move it away.")
    elif version.read_text().strip() != str(MAJOR):
        raise PostgresError(
            f"{place.data} was made by PostgreSQL {version.read_text().strip()}, this is {MAJOR}: "
            "move it away, and bring its content over with pg_dump."
        )
    passwords.require(SUPERUSER)
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _initialise(place: Place, account: Account, tree: Path, passwords: Passwords, *, sync: bool) -> None:
    new = place.data.with_name(place.data.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    account.give(new)
    password_file = place.socket_folder() / "password"
    write_privately(password_file, passwords.make(SUPERUSER))
    account.give(password_file)
    try:
        _run_initdb(tree, account, new, password_file, sync=sync)
    finally:
        password_file.unlink()
    new.rename(place.data)


def _run_initdb(tree: Path, account: Account, target: Path, password_file: Path, *, sync: bool) -> None:
    command = [str(tree / "bin" / "initdb"), f"--pgdata={target}", f"--username={SUPERUSER}"]
    command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    command += [] if sync else ["--no-sync"]
    options = account.popen_options()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=ENVIRONMENT, **options)
    if done.returncode:
        raise PostgresError(f"initdb failed:\n{done.stdout}{done.stderr}")
