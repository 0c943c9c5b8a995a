"""CSV downloads: streamed, in the reader's tenant, safe to open in a spreadsheet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from werkzeug.wrappers import Response

from saas.core.csv import csv_line
from saas.tenancy.directory import Entry
from saas.tenancy.scope import tenant_scope


def csv_response(
    filename: str, head: Sequence[str], batches: Callable[[], Iterator[Iterable[Sequence[Any]]]], tenant: Entry
) -> Response:
    """Stream rows as a download. ``batches`` yields some rows at a time (``Listing.batches``).

    The request's scope has ended by then: each batch is read in one of its own, and while a slow reader takes a batch in
    no transaction is open.
    """
    response = Response(_lines(head, batches, tenant), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(
    head: Sequence[str], batches: Callable[[], Iterator[Iterable[Sequence[Any]]]], tenant: Entry
) -> Iterator[str]:
    yield csv_line(head)
    left = batches()
    while lines := _next_lines(left, tenant):
        yield lines


def _next_lines(batches: Iterator[Iterable[Sequence[Any]]], tenant: Entry) -> str:
    """The lines of the next batch that has any; nothing after the last one."""
    with tenant_scope(tenant):
        for batch in batches:
            if lines := "".join(csv_line(row) for row in batch):
                return lines
    return ""
