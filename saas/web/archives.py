"""Downloads of many files as one ZIP: streamed, in the reader's tenant."""

from collections.abc import Callable, Iterable, Iterator
from io import RawIOBase
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from werkzeug.wrappers import Response

from saas.tenancy.directory import Entry
from saas.tenancy.scope import tenant_scope

File = tuple[str, Callable[[], bytes]]
"""A name, and what makes the content."""


def zip_response(filename: str, batches: Callable[[], Iterator[Iterable[File]]], tenant: Entry) -> Response:
    """Stream files as a ZIP. ``batches`` yields some at a time and is read in a scope of its own; contents are made outside of
    it, one after the other as the reader takes them, and must not need it."""
    response = Response(_parts(batches(), tenant), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


class _Pipe(RawIOBase):
    """Takes what the archive writes, until it is taken out again; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since this was last asked."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _parts(batches: Iterator[Iterable[File]], tenant: Entry) -> Iterator[bytes]:
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:
        while files := _next(batches, tenant):
            for name, make in files:
                archive.writestr(name, make())
                yield pipe.taken()
    yield pipe.taken()


def _next(batches: Iterator[Iterable[File]], tenant: Entry) -> list[File]:
    with tenant_scope(tenant):
        return next((files for batch in batches if (files := list(batch))), [])
