"""Reads about invoices, in the tenant's scope."""

from collections.abc import Sequence

from sqlalchemy import Select, extract, select

from saas.billing.models import Invoice
from saas.core.database import db
from saas.core.errors import NotFound

STATUSES = {"open": "Open", "paid": "Paid", "void": "Void", "uncollectible": "Given up"}
SORTABLE = {"number": Invoice.number, "date": Invoice.created_at, "total": Invoice.total, "status": Invoice.status}


def get_invoice(id: str) -> Invoice:
    """An invoice; raises NotFound."""
    found = db.session.get(Invoice, id) if len(id) < 100 and "\0" not in id else None
    if found is None:
        raise NotFound
    return found


def find_invoices(*, q: str = "", status: str = "", year: str = "") -> Select[Invoice]:
    """Invoices whose number holds a text, of one status or one year only; for lists to sort and cut."""
    query = select(Invoice)
    if q:
        query = query.where(Invoice.number.icontains(q, autoescape=True))
    if status:
        query = query.where(Invoice.status == status)
    return query.where(extract("year", Invoice.created_at) == int(year)) if year else query


def list_years() -> Sequence[int]:
    """Years of which there are invoices, the newest first."""
    year = extract("year", Invoice.created_at)
    return [int(one) for one in db.session.scalars(select(year).distinct().order_by(year.desc()))]


def list_newest(limit: int) -> Sequence[Invoice]:
    """The newest invoices; of one second, which Stripe's times are told in, the one numbered last."""
    newest = (Invoice.created_at.desc(), Invoice.number.desc(), Invoice.id)
    return db.session.scalars(select(Invoice).order_by(*newest).limit(limit)).all()
