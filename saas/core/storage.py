"""Files of tenants, reached through names that cannot leave their tenant; on a disk, or wherever else they are kept."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog

from saas.core.errors import Busy, Invalid, NotFound, first_line
from saas.core.ids import short_id

log = structlog.get_logger()

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_NAME = re.compile(rf"{_PART}(/{_PART}){{0,3}}")


class FilesUnavailable(Busy, OSError):
    """Files cannot be read or written now: pages answer 503, jobs try again. As text it is the reason, for operators."""

    def __init__(self, reason: str) -> None:
        super().__init__("Files cannot be reached right now.", retry_after=30)
        self.for_operators = reason

    def __str__(self) -> str:
        return self.for_operators


class Storage(Protocol):
    """Keeps each tenant's files apart from everybody else's. Every method raises FilesUnavailable when it cannot do its work,
    and those that take a name raise Invalid for one that could leave the tenant."""

    @property
    def place(self) -> str:
        """Where files are kept, for operators; no secret is told with it."""

    def put(self, tenant_id: UUID, name: str, content: bytes) -> None:
        """Write a file whole or not at all, whatever happens to the machine meanwhile, replacing what had the name."""

    def get(self, tenant_id: UUID, name: str) -> bytes:
        """The content of a file; raises NotFound."""

    def names(self, tenant_id: UUID) -> list[str]:
        """The names of a tenant's files, sorted; files that are still being written are left out."""

    def delete(self, tenant_id: UUID, name: str) -> None:
        """Remove a file; not an error when it is gone already."""

    def delete_all(self, tenant_id: UUID) -> None:
        """Remove all that there is of a tenant, if anything; raises FilesUnavailable when something of it stays."""

    def fault(self, tenant_id: UUID | None = None) -> str:
        """What hinders writing for any tenant; with an id, what hinders it for this one. Empty when nothing does."""


def checked(name: str) -> str:
    """The name of a file; raises Invalid for one that could lead elsewhere."""
    if not _NAME.fullmatch(name):
        raise Invalid("Use letters, digits, dots, dashes and at most three folders.", field="name")
    return name


def unavailable(reason: str) -> FilesUnavailable:
    """The error to raise, with its reason in the log."""
    log.warning("files_unavailable", error=reason)
    return FilesUnavailable(reason)


def fault_of(folder: Path) -> str:
    """What hinders writing into a folder, which need not be there yet; empty when nothing does."""
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is not a folder"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is not writable"


@dataclass(frozen=True, slots=True)
class FolderStorage:
    """A folder on disk that holds one folder for each tenant."""

    root: Path

    @property
    def place(self) -> str:
        """Where files are kept."""
        return str(self.root)

    def put(self, tenant_id: UUID, name: str, content: bytes) -> None:
        """Write a file beside its place and move it there once it is on the disk."""
        path = self._path(tenant_id, name)
        with _disk():
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f".{short_id()}")
            try:
                with draft.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, path)
            except OSError:
                draft.unlink(missing_ok=True)
                raise

    def get(self, tenant_id: UUID, name: str) -> bytes:
        """The content of a file; raises NotFound."""
        with _disk():
            try:
                return self._path(tenant_id, name).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise NotFound from None

    def names(self, tenant_id: UUID) -> list[str]:
        """The names of a tenant's files, sorted; drafts are left out."""
        folder = self.root / str(tenant_id)
        with _disk():
            found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
            return sorted(str(path.relative_to(folder)) for path in found)

    def delete(self, tenant_id: UUID, name: str) -> None:
        """Remove a file; not an error when it is gone already."""
        with _disk(), suppress(IsADirectoryError, NotADirectoryError):
            self._path(tenant_id, name).unlink(missing_ok=True)

    def delete_all(self, tenant_id: UUID) -> None:
        """Remove a tenant's folder, if it is there."""
        with _disk(), suppress(FileNotFoundError):
            shutil.rmtree(self.root / str(tenant_id))

    def fault(self, tenant_id: UUID | None = None) -> str:
        """What is wrong with the folder."""
        return fault_of(self.root if tenant_id is None else self.root / str(tenant_id))

    def _path(self, tenant_id: UUID, name: str) -> Path:
        return self.root / str(tenant_id) / checked(name)


@contextmanager
def _disk() -> Iterator[None]:
    """What the disk refuses is told as what it means here."""
    try:
        yield
    except OSError as error:
        raise unavailable(first_line(error)) from error
