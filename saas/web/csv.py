"""CSV downloads: streamed, in the reader's tenant, safe to open in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from werkzeug.wrappers import Response

from saas.tenancy.directory import Entry
from saas.tenancy.scope import tenant_scope

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    yield _line(head)
    left = batches()
    while lines := _next_lines(left, tenant):
        yield lines


def _next_lines(batches: Iterator[Iterable[Sequence[Any]]], tenant: Entry) -> str:
    """The lines of the next batch that has any; nothing after the last one."""
    with tenant_scope(tenant):
        for batch in batches:
            if lines := "".join(_line(row) for row in batch):
                return lines
    return ""


def _line(cells: Sequence[Any]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: Any) -> Any:
    """The cell for a download: text that a spreadsheet would run as a formula gets a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
