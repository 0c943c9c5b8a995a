"""Files: a folder for each tenant, reached through names that cannot leave it."""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from saas.core.errors import Invalid, NotFound
from saas.core.ids import short_id

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_NAME = re.compile(rf"{_PART}(/{_PART}){{0,3}}")


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder on disk that holds one folder for each tenant."""

    root: Path

    def put(self, tenant_id: UUID, name: str, content: bytes) -> None:
        """Write a file whole or not at all, whatever happens to the machine meanwhile, replacing what had the name."""
        path = self._path(tenant_id, name)
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
        try:
            return self._path(tenant_id, name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFound from None

    def names(self, tenant_id: UUID) -> list[str]:
        """The names of a tenant's files, sorted; files that are still being written are left out."""
        folder = self.root / str(tenant_id)
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(str(path.relative_to(folder)) for path in found)

    def delete(self, tenant_id: UUID, name: str) -> None:
        """Remove a file; not an error when it is gone already."""
        self._path(tenant_id, name).unlink(missing_ok=True)

    def delete_all(self, tenant_id: UUID) -> None:
        """Remove a tenant's folder, if it is there; raises OSError when something of it cannot be removed."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.root / str(tenant_id))

    def fault(self, tenant_id: UUID | None = None) -> str:
        """What hinders writing for a tenant (for any, without an id); empty when nothing does."""
        folder = self.root if tenant_id is None else self.root / str(tenant_id)
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            return f"{folder} is not a folder"
        return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is not writable"

    def _path(self, tenant_id: UUID, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Invalid("Use letters, digits, dots, dashes and at most three folders.", field="name")
        return self.root / str(tenant_id) / name
