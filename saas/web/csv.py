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
    filename: str, head: Sequence[str], rows: Callable[[], Iterable[Sequence[Any]]], tenant: Entry
) -> Response:
    """Stream rows as a download. ``rows`` runs in a scope of its own, as the request's has ended by then."""
    response = Response(_lines(head, rows, tenant), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(head: Sequence[str], rows: Callable[[], Iterable[Sequence[Any]]], tenant: Entry) -> Iterator[str]:
    yield _line(head)
    with tenant_scope(tenant):
        for row in rows():
            yield _line(row)


def _line(cells: Sequence[Any]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: Any) -> Any:
    """The cell for a download: text that a spreadsheet would run as a formula gets a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
