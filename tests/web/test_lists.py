"""Lists: every row on exactly one page, whatever they are sorted by; downloads batch by batch."""

import pytest
from flask import Flask
from sqlalchemy import insert, select

from saas.accounts.models import User
from saas.core.database import db
from saas.core.scope import scope_or_none
from saas.tenancy.directory import directory
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.web.csv import csv_response
from saas.web.pages import Listing, paginate

COLUMNS = {"name": User.name, "theme": User.theme, "verified": User.verified_at, "id": User.id}
ORDERS = [f"{sign}{name}" for name in COLUMNS for sign in ("", "-")]


@pytest.fixture
def crowd(app: Flask, acme):
    """Acme with people who differ in little."""
    people = [
        {"email": f"p{number}@example.com", "name": f"Person {number % 7}", "theme": "dark" if number % 3 else "light"}
        for number in range(60)
    ]
    with tenant_work(acme):
        db.session.execute(insert(User), people)
    return acme


def listing(order: str) -> Listing:
    return Listing("", order.lstrip("-"), order.startswith("-"), 1)


@pytest.mark.parametrize("order", ORDERS)
def test_every_row_is_on_exactly_one_page(crowd, order):
    with tenant_scope(crowd):
        query = listing(order).ordered(select(User), COLUMNS)
        pages = [paginate(query, number, per_page=7).items for number in range(1, 11)]
        everybody = list(db.session.scalars(query))
    assert [user.id for page in pages for user in page] == [user.id for user in everybody]
    assert len({user.id for user in everybody}) == len(everybody) == 64


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 7, 64, 500])
def test_batches_hold_the_list_in_its_order(crowd, order, size):
    with tenant_scope(crowd):
        everybody = list(db.session.scalars(listing(order).ordered(select(User), COLUMNS)))
        batches = list(listing(order).batches(select(User), COLUMNS, size=size))
    assert [user.id for batch in batches for user in batch] == [user.id for user in everybody]
    assert {len(batch) for batch in batches[:-1]} <= {size}


def test_a_list_of_nobody_has_no_batch(crowd):
    with tenant_scope(crowd):
        assert list(listing("name").batches(select(User).where(User.name == "Nobody"), COLUMNS)) == []


def test_a_download_holds_no_transaction_while_it_is_sent(crowd):
    def batches():
        for batch in listing("name").batches(select(User), COLUMNS, size=10):
            yield [(user.name,) for user in batch]

    entry = directory.by_name(crowd.slug)
    assert entry
    pieces = csv_response("people.csv", ("Name",), batches, entry).iter_encoded()
    lines, busy = [], []
    for piece in pieces:
        busy.append((scope_or_none(), db.guarded.pool.checkedout()))
        lines += piece.decode().splitlines()
    assert set(busy) == {(None, 0)}
    assert len(busy) == 1 + 7
    assert lines == ["Name", *sorted(lines[1:])]
    assert len(lines) == 65
