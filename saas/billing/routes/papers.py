"""Invoices and credit notes as papers: one as PDF, all of a list as ZIP."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from saas.billing.lines import name_of_line
from saas.billing.listing import asked_list
from saas.billing.models import Invoice
from saas.billing.module import VIEW
from saas.billing.paperbrand import paper_brand
from saas.billing.papers.facts import Brand, Paper
from saas.billing.papers.of_invoices import credit_note_paper, invoice_paper
from saas.billing.papers.pdf import invoice_pdf
from saas.billing.queries.invoices import SORTABLE, find_invoices, get_invoice
from saas.billing.routes.blueprint import bp
from saas.billing.seller import get_seller
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.runtime import settings
from saas.web.access import even_suspended, requires
from saas.web.archives import File, zip_response
from saas.web.format import language
from saas.web.pages import redirect_with
from saas.web.visit import current_entry, visit

MOST, AT_A_TIME = 500, 25
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@bp.get("/invoices/<invoice_id>.pdf")
@even_suspended
@requires(VIEW)
def invoice_paper_pdf(invoice_id: str) -> ResponseReturnValue:
    """One invoice as PDF."""
    return _pdf(_invoice_paper(get_invoice(invoice_id), _brand()))


@bp.get("/invoices/<invoice_id>/credit-notes/<note_id>.pdf")
@even_suspended
@requires(VIEW)
def credit_note_pdf(invoice_id: str, note_id: str) -> ResponseReturnValue:
    """One of an invoice's credit notes as PDF."""
    invoice = get_invoice(invoice_id)
    note = next((one for one in invoice.facts["credit_notes"] if one["id"] == note_id), None)
    if note is None:
        raise NotFound
    return _pdf(_credit_note_paper(invoice, note, _brand()))


@bp.get("/invoices.zip")
@even_suspended
@requires(VIEW)
def invoices_zip() -> ResponseReturnValue:
    """All that the list shows, with their credit notes; a list that is too long is to be filtered first."""
    asked = asked_list()
    query = find_invoices(**asked.filters)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if not 0 < count <= MOST:
        many = f"These are {count} invoices. Choose a year or a status first: at most {MOST} go into one file."
        none = "There are no invoices to download with these filters." if asked.given else "There are no invoices yet."
        return redirect_with(many if count else none, ".invoices", "warning", **asked.given)
    make_files = partial(_files, locale=language(), brand=_brand(), taken=set())

    def batches() -> Iterator[list[File]]:
        for batch in asked.listing.batches(query, SORTABLE, size=AT_A_TIME):
            yield [file for invoice in batch for file in make_files(invoice)]

    return zip_response("invoices.zip", batches, current_entry())


def _files(invoice: Invoice, locale: str, brand: Brand, taken: set[str]) -> Iterator[File]:
    """The papers of an invoice by day and number; those that would be called like another (``taken``) have the id too."""
    papers = [_invoice_paper(invoice, brand, locale)]
    papers += [_credit_note_paper(invoice, note, brand, locale) for note in _notes(invoice)]
    for paper in papers:
        name = f"{paper.issued.isoformat()} {_UNSAFE.sub('-', paper.number)}"
        name = f"{name} {invoice.id}" if name.lower() in taken else name
        taken.add(name.lower())
        yield f"{name}.pdf", partial(invoice_pdf, paper)


def _notes(invoice: Invoice) -> list[Mapping[str, Any]]:
    return list(invoice.facts["credit_notes"])


def _invoice_paper(invoice: Invoice, brand: Brand, locale: str = "") -> Paper:
    locale = locale or language()
    label_of = partial(name_of_line, locale=locale)
    paper = invoice_paper(invoice, seller=get_seller(), label_of=label_of, locale=locale, simulated=_simulated())
    return replace(paper, brand=brand)


def _credit_note_paper(invoice: Invoice, note: Mapping[str, Any], brand: Brand, locale: str = "") -> Paper:
    paper = credit_note_paper(invoice, note, seller=get_seller(), locale=locale or language(), simulated=_simulated())
    return replace(paper, brand=brand)


def _brand() -> Brand:
    return paper_brand(visit().look, current_entry().name)


def _simulated() -> bool:
    return bool(settings().stripe_api_base)


def _name(paper: Paper) -> str:
    return f"{paper.kind.replace('_', '-')}-{_UNSAFE.sub('-', paper.number)}.pdf"


def _pdf(paper: Paper) -> Response:
    response = Response(invoice_pdf(paper), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(paper)}"'
    return response
