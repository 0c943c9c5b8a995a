"""Files: a folder for each tenant, reached through names that cannot leave it."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from saas.core.errors import Invalid, NotFound
from saas.core.ids import short_id

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}$")


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder on disk that holds one folder for each tenant."""

    root: Path

    def put(self, tenant_id: UUID, name: str, content: bytes) -> None:
        """Write a file whole or not at all, replacing what had the name."""
        path = self._path(tenant_id, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{short_id()}")
        draft.write_bytes(content)
        os.replace(draft, path)

    def get(self, tenant_id: UUID, name: str) -> bytes:
        """The content of a file; raises NotFound."""
        try:
            return self._path(tenant_id, name).read_bytes()
        except FileNotFoundError:
            raise NotFound from None

    def names(self, tenant_id: UUID) -> list[str]:
        """The names of a tenant's files, sorted."""
        folder = self.root / str(tenant_id)
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def delete(self, tenant_id: UUID, name: str) -> None:
        """Remove a file; not an error when it is gone already."""
        self._path(tenant_id, name).unlink(missing_ok=True)

    def delete_all(self, tenant_id: UUID) -> None:
        """Remove a tenant's folder."""
        shutil.rmtree(self.root / str(tenant_id), ignore_errors=True)

    def _path(self, tenant_id: UUID, name: str) -> Path:
        if not _NAME.match(name):
            raise Invalid("Use letters, digits, dots, dashes and at most three folders.", field="name")
        return self.root / str(tenant_id) / name
