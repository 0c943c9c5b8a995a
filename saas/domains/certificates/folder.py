"""The folder of certificates, as nginx reads it: ``<host>/fullchain.pem`` and ``<host>/privkey.pem``.

``<host>`` is a link to a version that is never written again, so a new pair takes the place of the old one in one step, and a
folder is whole or not there. Versions stand under a name that no host has.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from saas.core.ids import short_id
from saas.core.runtime import settings
from saas.tenancy.names import normal_host

CHAIN, KEY = "fullchain.pem", "privkey.pem"
_VERSIONS = ".versions"


def install(host: str, *, chain: bytes, key: bytes) -> None:
    """Put a certificate (PEM, with what leads to the root) and its key into place; the pair before is kept, older ones go."""
    link = _link(host)
    versions = link.parent / _VERSIONS / host
    version = versions / short_id(12)
    version.mkdir(parents=True, mode=0o750)
    _write(version / CHAIN, chain, mode=0o644)
    _write(version / KEY, key, mode=0o640)
    before = link.resolve().name if link.is_symlink() else ""
    draft = version / "link"
    draft.symlink_to(Path(_VERSIONS, host, version.name))
    os.replace(draft, link)
    for old in versions.iterdir():
        if old.name not in (version.name, before):
            shutil.rmtree(old)


def remove(host: str) -> None:
    """Take a host's certificates and keys away; not an error when there are none."""
    link = _link(host)
    link.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        shutil.rmtree(link.parent / _VERSIONS / host)


def hosts_there() -> set[str]:
    """The hosts that something stands here for."""
    root = settings().certificates_dir
    links = {path.name for path in root.glob("*") if path.is_symlink()}
    return links | {path.name for path in (root / _VERSIONS).glob("*")}


def hosts_served() -> set[str]:
    """The hosts that nginx finds a pair for; none where the folder was lost, or is not mounted."""
    links = (path for path in settings().certificates_dir.glob("*") if path.is_symlink())
    return {path.name for path in links if all((path / name).is_file() for name in (CHAIN, KEY))}


def _link(host: str) -> Path:
    """Where a host's pair stands; raises ValueError for what is no host and could lead out of the folder."""
    if normal_host(host) != host:
        raise ValueError(f"{host[:100]!r} is no host")
    return settings().certificates_dir / host


def _write(path: Path, content: bytes, *, mode: int) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
