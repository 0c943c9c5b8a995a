"""Downloads of lists: streamed, in the reader's tenant; CSV is safe to open in a spreadsheet."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json import dumps
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
    lines = _lines(lambda: ([csv_line(row) for row in batch] for batch in batches()), tenant, csv_line(head))
    return _download(filename, "text/csv", lines)


def jsonl_response(
    filename: str, batches: Callable[[], Iterator[Iterable[Mapping[str, Any]]]], tenant: Entry
) -> Response:
    """Stream objects as JSON Lines, one a line; ``batches`` as in ``csv_response``."""

    def lines() -> Iterator[Iterable[str]]:
        for batch in batches():
            yield [f"{dumps(one, ensure_ascii=False)}\n" for one in batch]

    return _download(filename, "application/x-ndjson", _lines(lines, tenant))


def _download(filename: str, mimetype: str, lines: Iterator[str]) -> Response:
    response = Response(lines, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _lines(batches: Callable[[], Iterator[Iterable[str]]], tenant: Entry, head: str = "") -> Iterator[str]:
    if head:
        yield head
    left = batches()
    while lines := _next_lines(left, tenant):
        yield lines


def _next_lines(batches: Iterator[Iterable[str]], tenant: Entry) -> str:
    """The lines of the next batch that has any; nothing after the last one."""
    with tenant_scope(tenant):
        for batch in batches:
            if lines := "".join(batch):
                return lines
    return ""
