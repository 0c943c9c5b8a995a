"""Files of tenants in a bucket of an S3-compatible store: below ``<tenant>/`` whatever belongs to a tenant, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from saas.core.buckets import Bucket
from saas.core.errors import NotFound, first_line
from saas.core.ids import short_id
from saas.core.storage import FilesUnavailable, checked, unavailable

with suppress(ImportError):  # without the extra `s3` the settings refuse FILES_URL, and nothing here is called
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

_CODE = re.compile(r"<Code>(\w+)</Code>")
_NO_BUCKET = "NoSuchBucket"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the store is waited for, in seconds, and how many more tries follow what may be a moment's trouble.

    ``whole`` bounds one try with its content; ``tries`` bounds all of them: none is begun later. The first pause between two
    lasts about ``pause``, each further one twice as long, a second at most.
    """

    connect: float = 3
    read: float = 10
    whole: float = 60
    tries: float = 30
    retries: int = 2
    pause: float = 0.1

    def of_client(self, *, tls: bool) -> Any:
        """In the library's words: one try."""
        seconds = {"connect_timeout": self.connect, "read_timeout": self.read, "timeout": self.whole}
        return {"allow_http": not tls, **{name: timedelta(seconds=span) for name, span in seconds.items()}}

    def of_retries(self) -> Any:
        """In the library's words: the tries after it."""
        pauses = {"init_backoff": timedelta(seconds=self.pause), "max_backoff": timedelta(seconds=1), "base": 2}
        return {"max_retries": self.retries, "retry_timeout": timedelta(seconds=self.tries), "backoff": pauses}


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A bucket that holds an object for each file, under the tenant's id and the file's name.

    The library keeps threads of its own: a process that has asked once must not be forked.
    """

    store: Any
    place: str

    @classmethod
    def of(cls, bucket: Bucket, patience: Patience = Patience()) -> Self:
        """The storage in a bucket; asks nothing yet."""
        config: Any = {"endpoint": bucket.endpoint, "region": bucket.region, "disable_bulk_delete": True}
        if bucket.key:
            config |= {"access_key_id": bucket.key, "secret_access_key": bucket.secret}
        once, again = patience.of_client(tls=bucket.tls), patience.of_retries()
        store = S3Store(
            bucket.name, prefix=bucket.prefix or None, config=config, client_options=once, retry_config=again
        )
        return cls(store, bucket.place)

    def put(self, tenant_id: UUID, name: str, content: bytes) -> None:
        """Send a file in one request: a store shows nothing of one that was cut short."""
        with _network():
            obstore.put(self.store, _key(tenant_id, name), content, use_multipart=False)

    def get(self, tenant_id: UUID, name: str) -> bytes:
        """The content of a file; raises NotFound."""
        with _network():
            try:
                return bytes(obstore.get(self.store, _key(tenant_id, name)).bytes())
            except FileNotFoundError as error:
                _check_bucket(error)
                raise NotFound from None

    def names(self, tenant_id: UUID) -> list[str]:
        """The names of a tenant's files, sorted."""
        return sorted(key.removeprefix(f"{tenant_id}/") for key in self._keys(tenant_id))

    def delete(self, tenant_id: UUID, name: str) -> None:
        """Remove a file; not an error when it is gone already."""
        self._remove([_key(tenant_id, name)])

    def delete_all(self, tenant_id: UUID) -> None:
        """Remove every object of a tenant, then look whether one is left."""
        if keys := self._keys(tenant_id):
            self._remove(keys)
            if left := self._keys(tenant_id):
                raise unavailable(f"{len(left)} files are still there after they were deleted")

    def fault(self, tenant_id: UUID | None = None) -> str:
        """Why nothing can be written, listed or deleted. A tenant has nothing of its own there that could be at fault, so
        the deployment's is told once, without an id."""
        if tenant_id is not None:
            return ""
        probe = f"doctor/{short_id()}"
        try:
            with _network():
                obstore.put(self.store, probe, b"", use_multipart=False)
                list(obstore.list(self.store, prefix="doctor"))
            self._remove([probe])
        except FilesUnavailable as error:
            return str(error)
        return ""

    def _keys(self, tenant_id: UUID) -> list[str]:
        with _network():
            pages = obstore.list(self.store, prefix=str(tenant_id))
            return [found["path"] for page in pages for found in page]

    def _remove(self, keys: Sequence[str]) -> None:
        with _network():
            try:
                obstore.delete(self.store, keys)
            except FileNotFoundError as error:
                _check_bucket(error)


def _key(tenant_id: UUID, name: str) -> str:
    return f"{tenant_id}/{checked(name)}"


def _check_bucket(error: FileNotFoundError) -> None:
    """Stores answer alike for a file and a bucket that is not there; only the first means that all is well."""
    if _NO_BUCKET in str(error):
        raise error


@contextmanager
def _network() -> Iterator[None]:
    """What the store or the way to it refuses is told as what it means here."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise unavailable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """The library's first line, with the store's word for what is wrong instead of its whole answer."""
    code = _CODE.search(str(error))
    said = first_line(error).partition(": <")[0].rstrip(": ")
    return f"{said} ({code[1]})" if code else said
