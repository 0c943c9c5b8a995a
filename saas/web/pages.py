"""Going to pages: redirects with a message, safe ways back, lists with search, order and pages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for
from sqlalchemy import ColumnElement, Row, Select, and_, false, func, inspect, literal, or_, select, tuple_
from werkzeug.wrappers import Response

from saas.core.database import db

Item = TypeVar("Item")
PER_PAGE = 25
BATCH = 500
_LOCAL = re.compile(r"^/(?![/\\])[\x21-\x5b\x5d-\x7e]*\Z")


def redirect_with(message: str, endpoint: str, category: str = "success", **values: Any) -> Response:
    """Say something on the next page, which is the endpoint's."""
    flash(message, category)
    return redirect(url_for(endpoint, **values), code=303)


def safe_next(default: str) -> str:
    """Where the request asks to go afterwards, if that is a plain path on this host; else ``default``."""
    wanted = request.values.get("next", "")
    return wanted if is_local_path(wanted) else default


def is_local_path(text: str) -> bool:
    """Whether a text is a path on this host and nothing that a browser could take for another host."""
    return len(text) < 1000 and bool(_LOCAL.match(text)) and "\n" not in text


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list: its rows, its number from 1, and how many rows there are in all."""

    items: list[Item]
    page: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """The number of the first row shown; 0 on an empty page."""
        return (self.page - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return (self.page - 1) * self.per_page + len(self.items)


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list was asked for: search text, column to sort by, direction and page; unknown values fall back."""

    q: str
    sort: str
    descending: bool
    page: int

    @classmethod
    def of_request(cls, columns: Mapping[str, Any], default: str) -> "Listing":
        """Read ``q``, ``sort`` (a column's name, ``-`` before it to descend) and ``page`` from the address."""
        wanted = request.args.get("sort", default)
        if wanted.lstrip("-") not in columns:
            wanted = default
        number = request.args.get("page", "1")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        text = request.args.get("q", "").replace("\0", "").strip()[:200]
        return cls(text, wanted.lstrip("-"), wanted.startswith("-"), max(1, page))

    @property
    def order(self) -> str:
        """The ``sort`` value as the address has it."""
        return f"-{self.sort}" if self.descending else self.sort

    def url(self, **changes: Any) -> str:
        """This list's address with some values changed; empty ones are left out."""
        values = {**request.args.to_dict(), "page": None, **changes}
        query = urlencode({name: value for name, value in values.items() if value not in (None, "")})
        return f"{request.path}?{query}" if query else request.path

    def page_url(self, number: int) -> str:
        """The address of another page of this list."""
        return self.url(page=number)

    def column(self, name: str, label: str, **options: Any) -> dict[str, Any]:
        """A sortable column for the table's head."""
        active = name == self.sort
        turned = f"-{name}" if active and not self.descending else name
        direction = ("desc" if self.descending else "asc") if active else None
        return {"label": label, "url": self.url(sort=turned), "direction": direction, **options}

    def ordered(self, query: Select[Any], columns: Mapping[str, ColumnElement[Any] | Any]) -> Select[Any]:
        """The query of an entity in the order asked for. Rows that are equal there follow their keys: every row has
        exactly one place, so none is on two pages or on none."""
        column, keys = columns[self.sort], _keys(query)
        if self.descending:
            return query.order_by(column.desc().nulls_last(), *(key.desc() for key in keys))
        return query.order_by(column.asc().nulls_first(), *keys)

    def batches(
        self, query: Select[Any], columns: Mapping[str, ColumnElement[Any] | Any], *, size: int = BATCH
    ) -> Iterator[Sequence[Any]]:
        """All of a query's entities in the order asked for, ``size`` at a time. Each batch is a statement of its own that
        begins behind the batch before, so what is done between two of them need not hold a transaction."""
        column, keys = columns[self.sort], _keys(query)
        query = self.ordered(query, columns).add_columns(column, *keys).limit(size)
        last: Row[*tuple[Any, ...]] | None = None
        while found := db.session.execute(
            query if last is None else query.where(self._behind(column, keys, last))
        ).all():
            last = found[-1]
            yield [row[0] for row in found]

    def _behind(
        self, column: Any, keys: Sequence[ColumnElement[Any]], last: Row[*tuple[Any, ...]]
    ) -> ColumnElement[bool]:
        """Whether a row comes after one of which we know the column and the keys; nothing is the least of all values."""
        value, here, known = last[1], tuple_(*keys), tuple_(*map(literal, last[2:]))
        beside = column.is_(None) if value is None else column == value
        if self.descending:
            beyond = false() if value is None else or_(column < value, column.is_(None))
            return or_(beyond, and_(beside, here < known))
        return or_(column.is_not(None) if value is None else column > value, and_(beside, here > known))


def _keys(query: Select[Any]) -> Sequence[ColumnElement[Any]]:
    keys: Sequence[ColumnElement[Any]] = inspect(query.column_descriptions[0]["entity"]).primary_key
    return keys


def paginate(query: Select[Item], page: int, *, per_page: int = PER_PAGE) -> Page[Item]:
    """One page of a query's entities, in two statements; a number beyond the end gives the last page."""
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = min(page, max(1, -(-total // per_page)))
    rows = db.session.scalars(query.limit(per_page).offset((page - 1) * per_page)).all()
    return Page(list(rows), page, per_page, total)
